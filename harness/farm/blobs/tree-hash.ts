import { createHash } from 'node:crypto';
import { InfraError } from '../../errors.js';
import { type Tree, treeSchema } from './tree.js';

/** The tree's one spelling: files sorted by path (UTF-16 units), keys in the schema's order, no spaces. */
export function canonicalTree(tree: Tree): string {
  const files = tree.files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes }));
  files.sort((a, b) => compare(a.path, b.path));
  return JSON.stringify({ files });
}

/** SHA-256 of the canonical JSON, in hex. */
export function treeHash(tree: Tree): string {
  return createHash('sha256').update(canonicalTree(tree)).digest('hex');
}

/**
 * The tree that a text from elsewhere spells.
 * @throws InfraError `bad-tree` when it is none, or names a path that would leave its folder, or one path twice
 */
export function parseTree(text: string): Tree {
  const checked = treeSchema.safeParse(parseJson(text));
  if (!checked.success) throw badTree(checked.error.issues[0]!.message);
  checkPaths(checked.data);
  return checked.data;
}

/** @throws InfraError `bad-tree` as `parseTree` does */
export function checkPaths(tree: Tree): void {
  const files = new Set<string>();
  for (const { path } of tree.files) {
    if (!isPlainPath(path)) throw badTree(`${JSON.stringify(path)} is no plain relative path`);
    if (files.has(path)) throw badTree(`${JSON.stringify(path)} is in it twice`);
    files.add(path);
  }
  for (const path of files) {
    const folder = parentsOf(path).find((parent) => files.has(parent));
    if (folder !== undefined) throw badTree(`${JSON.stringify(folder)} is a file and a folder in it`);
  }
}

/** Relative, through no `.` or `..`, and the same on every system. */
export function isPlainPath(path: string): boolean {
  if (path.includes('\0') || path.includes('\\') || /^[a-zA-Z]:/.test(path)) return false;
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parentsOf(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

function badTree(why: string): InfraError {
  return new InfraError('bad-tree', `a list of files cannot be used: ${why}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
