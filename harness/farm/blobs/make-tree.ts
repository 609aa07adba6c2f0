import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../../errors.js';
import { hashFile } from './hash-file.js';
import type { Tree } from './tree.js';
import { compare, isPlainPath, treeHash } from './tree-hash.js';

/** A tree, its hash, and where the content of its files is now: absolute paths by SHA-256. */
export interface MadeTree {
  readonly tree: Tree;
  readonly hash: string;
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * The tree of files below `root`: those named, and all below the folders named; everything by default. A symbolic link to a
 * file below the root stands for that file. Refused are links that lead out of it or nowhere, because their target would not
 * be there on another machine, and links to folders that were not named, because they may go round in a circle.
 * @throws ConfigError `bad-tree-file` naming the path
 */
export async function makeTree(root: string, files: readonly string[] = ['.']): Promise<MadeTree> {
  const base = await realpath(root).catch(() => {
    throw refuse(root, 'there is no such folder');
  });
  const paths = new Set<string>();
  for (const file of files) {
    for (const path of await expand(base, inside(base, file))) paths.add(path);
  }
  const entries: Tree['files'] = [];
  const sources = new Map<string, string>();
  for (const path of [...paths].sort(compare)) {
    const source = join(base, path);
    const { sha256, bytes } = await hashFile(source);
    entries.push({ path, sha256, bytes });
    if (!sources.has(sha256)) sources.set(sha256, source);
  }
  const tree = { files: entries };
  return { tree, hash: treeHash(tree), sources };
}

/** The path relative to the base, with forward slashes; `''` is the base itself. */
function inside(base: string, file: string): string {
  const path = relative(base, resolve(base, file)).split(sep).join('/');
  if (path !== '' && !isPlainPath(path)) throw refuse(file, `it is not below ${base}`);
  return path;
}

/** Files at or below a path. */
async function expand(base: string, path: string): Promise<string[]> {
  const facts = await checkedStat(base, path);
  if (facts.isFile()) return [path];
  if (!facts.isDirectory()) throw refuse(path, 'it is neither a file nor a folder');
  const found: string[] = [];
  for (const entry of await readdir(join(base, path), { withFileTypes: true })) {
    const below = posix.join(path, entry.name);
    if (!isPlainPath(below)) throw refuse(below, 'its name cannot be used on every system');
    if (entry.isSymbolicLink() && (await checkedStat(base, below)).isDirectory()) {
      throw refuse(below, 'it is a symbolic link to a folder');
    }
    found.push(...(await expand(base, below)));
  }
  return found;
}

async function checkedStat(base: string, path: string): Promise<Stats> {
  const target = await realpath(join(base, path)).catch(() => {
    throw refuse(path, 'there is no such file');
  });
  if (target !== base && !target.startsWith(base + sep)) {
    throw refuse(path, `it is a symbolic link that leads out of ${base}`);
  }
  return await stat(target);
}

function refuse(path: string, why: string): ConfigError {
  return new ConfigError('bad-tree-file', `${path} cannot be sent to another machine: ${why}`, { path });
}
