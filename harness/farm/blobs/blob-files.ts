import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InfraError } from '../../errors.js';
import { hashFile } from './hash-file.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** Where a store in `folder` keeps a content: 256 folders, so that none becomes long. Another machine's too. */
export function blobPath(folder: string, sha256: string): string {
  if (!SHA256.test(sha256)) throw new InfraError('no-blob', `${JSON.stringify(sha256)} is no SHA-256`);
  return join(folder, sha256.slice(0, 2), sha256.slice(2));
}

/** Where files are put from elsewhere before a store takes them over. */
export function incomingFolder(folder: string): string {
  return join(folder, 'incoming');
}

/**
 * Copies a file so that the other is there whole, with this hash, or not at all; on the disk itself when this resolves.
 * @throws InfraError `bad-blob` when the content has another hash
 */
export async function copyVerified(from: string, sha256: string, to: string): Promise<void> {
  await writeWhole(to, async (part) => {
    await copyFile(from, part, constants.COPYFILE_FICLONE);
    await verify(part, sha256, from);
  });
}

/** Has a file written beside its name, then synced and renamed: readers see all of it or nothing. */
export async function writeWhole(path: string, write: (part: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const part = join(folder, `${basename(path)}.${randomUUID()}.part`);
  try {
    await write(part);
    await sync(part);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await sync(folder);
}

/** @throws InfraError `bad-blob`, saying where the file came from */
export async function verify(path: string, sha256: string, origin: string): Promise<void> {
  const found = await hashFile(path);
  if (found.sha256 === sha256) return;
  const message = `${origin} has SHA-256 ${found.sha256} (${found.bytes} bytes) instead of ${sha256}`;
  throw new InfraError('bad-blob', `${message}: it is damaged or was changed meanwhile`, { path: origin });
}

/** Makes a file's content, or a folder's names, last. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
