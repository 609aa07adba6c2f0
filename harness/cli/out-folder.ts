import { randomUUID } from 'node:crypto';
import { mkdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { whyNoFolder } from '../config/no-folder.js';
import { ConfigError } from '../errors.js';

/**
 * Proves, before the work begins, that a folder is there or can be made and that files can be written into it; leaves nothing behind. Folders are
 * made one by one: Node's recursive `mkdir` never returns where a file system refuses with ENOENT what has a parent, as /proc does.
 * @throws ConfigError `out-folder`
 */
export async function requireWritable(folder: string): Promise<void> {
  const missing = await missingFolders(folder);
  const made: string[] = [];
  try {
    for (const one of missing) {
      await mkdir(one);
      made.unshift(one);
    }
    const probe = join(folder, `.tokenrack-${randomUUID()}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw unusable(folder, `cannot be written (${codeOf(cause)})`, cause);
  } finally {
    // Somebody else may have put something there meanwhile.
    for (const one of made) await rmdir(one).catch(() => {});
  }
}

/**
 * Of a folder that may be there already, with all that is to be written: only that one could be made.
 * @throws ConfigError `out-folder`
 */
export async function requirePossible(folder: string): Promise<void> {
  const why = await whyNoFolder(folder);
  if (why !== undefined) throw new ConfigError('out-folder', `${folder}: ${why}`, { path: folder });
}

/** What there is to make, the outermost first. */
async function missingFolders(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let path = resolve(folder); ; path = dirname(path)) {
    const found = await stat(path).catch((cause: unknown) => {
      const code = codeOf(cause);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unusable(folder, `cannot be read (${code})`, cause);
    });
    if (found?.isDirectory() === true) return missing;
    if (found !== undefined) throw unusable(folder, `${path} is a file, no folder`);
    missing.unshift(path);
  }
}

function unusable(folder: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError('out-folder', `--out ${folder}: ${why}`, { path: folder, cause });
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}
