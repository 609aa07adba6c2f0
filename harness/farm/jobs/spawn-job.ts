import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentFor, readEnvironment } from '../../config/environment.js';
import { packageRoot } from '../../paths.js';
import type { JobFolder } from './job-folder.js';

/** The program and its first arguments. */
export type JobCommand = readonly string[];

/** This same installation. */
export const ownCommand: JobCommand = [process.execPath, join(packageRoot, 'dist', 'cli', 'main.js')];

/**
 * Starts the process that runs the job: a session of its own, which outlives us, with what it prints in the job's folder. A tied
 * one has a pipe from us as its standard input and ends when that does.
 * @throws the system's error when it cannot be started
 */
export async function spawnJob(
  folder: JobFolder,
  stateFolder: string,
  { command, tied }: { readonly command: JobCommand; readonly tied: boolean },
): Promise<void> {
  const [program, ...first] = command;
  const output = await open(folder.output, 'a');
  try {
    const { machineFolder } = readEnvironment();
    const child = spawn(program!, [...first, 'host', 'run-job', folder.path, ...(tied ? ['--tied'] : [])], {
      cwd: folder.path,
      detached: true,
      env: environmentFor({ stateFolder, machineFolder, runsFolder: folder.runs }),
      stdio: [tied ? 'pipe' : 'ignore', output.fd, output.fd],
    });
    await new Promise((done, fail) => child.once('spawn', done).once('error', fail));
    child.stdin?.on('error', () => {});
    unref(child.stdin);
    child.unref();
  } finally {
    await output.close();
  }
}

/** The pipe is a socket, though its type does not say so: it must not keep us from ending. */
function unref(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}
