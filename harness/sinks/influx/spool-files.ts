import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A file being written. */
export interface NewFile {
  write(text: string): Promise<void>;
  /** To the disk itself (fsync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What the spool does with the file system: one method an operation, so that a test can stop the process, or fill the
 * disk, between any two. Errors are Node's, with their `code`.
 */
export interface SpoolFiles {
  makeFolder(path: string): Promise<void>;
  /** Fails with EEXIST when it is there. */
  create(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** Makes names in a folder last (fsync of the folder). */
  syncFolder(path: string): Promise<void>;
  /** Fine when it is gone already. */
  remove(path: string): Promise<void>;
  /** Sorted; empty when there is no folder. */
  list(path: string): Promise<string[]>;
  /** Undefined when there is no file. */
  read(path: string): Promise<string | undefined>;
  /** Milliseconds since 1970 of the last change; undefined when there is no file. */
  changedAt(path: string): Promise<number | undefined>;
  touch(path: string): Promise<void>;
}

/** The disk. */
export const diskFiles: SpoolFiles = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async create(path) {
    const file = await open(path, 'wx', 0o600);
    return {
      write: (text) => file.writeFile(text),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  rename,
  async syncFolder(path) {
    // Windows opens no folders; NTFS keeps names in its journal.
    if (process.platform === 'win32') return;
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  },
  remove: (path) => rm(path, { force: true }),
  async list(path) {
    return (await unlessMissing(readdir(path)))?.sort() ?? [];
  },
  read: (path) => unlessMissing(readFile(path, 'utf8')),
  async changedAt(path) {
    return (await unlessMissing(stat(path)))?.mtimeMs;
  },
  async touch(path) {
    const now = new Date();
    await unlessMissing(utimes(path, now, now));
  },
};

async function unlessMissing<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes a file that is there whole or not at all, whatever happens to the process or the machine: written beside under
 * `.part`, synced, renamed, and its name synced. When this resolves it will last.
 */
export async function writeDurably(
  files: SpoolFiles,
  folder: string,
  name: string,
  text: string,
): Promise<void> {
  const part = join(folder, `${name}.${randomUUID()}.part`);
  try {
    const file = await files.create(part);
    try {
      await file.write(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(part, join(folder, name));
  } catch (error) {
    await files.remove(part).catch(() => {});
    throw error;
  }
  await files.syncFolder(folder);
}

/** A `.part` that old is of a writer that died: writing one takes milliseconds. */
const ABANDONED_MS = 3_600_000;

/** Removes what writers left that died before their file was whole: nobody was told that it is kept. */
export async function sweep(files: SpoolFiles, folder: string, nowMs: number): Promise<void> {
  for (const name of await files.list(folder)) {
    if (!name.endsWith('.part')) continue;
    const changedAt = await files.changedAt(join(folder, name));
    if (changedAt !== undefined && nowMs - changedAt > ABANDONED_MS) await files.remove(join(folder, name));
  }
}
