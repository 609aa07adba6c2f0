import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InfraError } from '../errors.js';
import type { Environment } from './environment.js';

/**
 * Why no folder can ever be made at a path where there is none: its file system refuses with ENOENT what has a parent, as /proc does, and Node's
 * recursive `mkdir` then tries for ever. Undefined where a folder is or can be made, and where making one ends with an error of its own.
 */
export async function whyNoFolder(path: string): Promise<string | undefined> {
  const there = nearest(resolve(path));
  if (there === resolve(path) || (await hasBlocks(there))) return undefined;
  const probe = join(there, `.tokenrack-${randomUUID()}`);
  try {
    await mkdir(probe);
    await rmdir(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && existsSync(there)) return `no folder can be made in ${there} (ENOENT)`;
  }
  return undefined;
}

/** File systems that show what the kernel knows, as /proc does, have none: only there is a folder made to see whether one can be. */
async function hasBlocks(path: string): Promise<boolean> {
  const { blocks } = await statfs(path);
  return blocks > 0;
}

/** Of the path and those above it, the first that is there. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/**
 * Before any of them is made.
 * @throws InfraError `machine-trouble` naming the first that can never be a folder, and its variable
 */
export async function requireOwnFolders({
  stateFolder,
  machineFolder,
  runsFolder,
}: Pick<Environment, 'stateFolder' | 'machineFolder' | 'runsFolder'>): Promise<void> {
  const own = { TOKENRACK_STATE: stateFolder, TOKENRACK_MACHINE: machineFolder, TOKENRACK_RUNS: runsFolder };
  for (const [variable, path] of Object.entries(own)) {
    const why = await whyNoFolder(path);
    if (why === undefined) continue;
    const message = `${path} cannot be a folder: ${why}; set ${variable} to another`;
    throw new InfraError('machine-trouble', message, { path, variable });
  }
}
