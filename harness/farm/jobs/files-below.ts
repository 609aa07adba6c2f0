import { readdir, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ConfigError } from '../../errors.js';

/** More files than these are no scenario's: somebody's home, or a checkout of something large. */
const MOST_FILES = 20_000;

/** A file, and where it lies below the folder that was walked; `''` when it is that path itself. */
export interface FoundFile {
  readonly below: string;
  /** Without symbolic links. */
  readonly source: string;
}

/**
 * The files at or below a path. Symbolic links stand for what they lead to: the other machine has not got that. A folder that leads back
 * to one above it is left out.
 * @param skip by name, and by absolute path, what is left out
 * @param most how many there may be
 * @throws ConfigError `too-many-files`
 */
export async function filesBelow(
  path: string,
  skip: (name: string, path: string) => boolean = () => false,
  most = MOST_FILES,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  await walk(path, '', []);
  return found;

  async function walk(at: string, below: string, above: readonly string[]): Promise<void> {
    const source = await realpath(at);
    const facts = await stat(source);
    if (facts.isFile()) found.push({ below, source });
    if (found.length > most) throw tooMany(path, most);
    if (!facts.isDirectory() || above.includes(source)) return;
    for (const name of (await readdir(source)).sort()) {
      const next = join(at, name);
      if (!skip(name, next)) await walk(next, posix.join(below, name), [...above, source]);
    }
  }
}

function tooMany(path: string, most: number): ConfigError {
  const message = `${path} holds more than ${most} files, and all of them would be sent along: give the scenario a folder of its own`;
  return new ConfigError('too-many-files', message, { path });
}
