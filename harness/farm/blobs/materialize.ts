import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { InfraError } from '../../errors.js';
import { verify } from './blob-files.js';
import { inParallel } from './in-parallel.js';
import type { BlobStore, Tree } from './tree.js';
import { parseTree, treeHash } from './tree-hash.js';

/**
 * Writes a tree's files below `folder`, which must not be there yet: whole or not at all.
 * @throws InfraError `no-blob`, `bad-blob`, `bad-tree`; `folder-exists`
 */
export async function materialize(store: BlobStore, hash: string, folder: string): Promise<Tree> {
  const tree = await readTree(store, hash);
  await mkdir(dirname(folder), { recursive: true });
  const beside = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.part`);
  try {
    await mkdir(beside);
    await writeFiles(store, tree, beside);
    await renameNew(beside, folder);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
  return tree;
}

/** The tree that a store has under a hash. @throws InfraError `no-blob`, `bad-blob`, `bad-tree` */
export async function readTree(store: BlobStore, hash: string): Promise<Tree> {
  const scratch = await mkdtemp(join(tmpdir(), 'tokenrack-tree-'));
  try {
    const path = join(scratch, 'tree.json');
    await store.getFile(hash, path);
    await verify(path, hash, `the list of files ${hash}`);
    const tree = parseTree(await readFile(path, 'utf8'));
    if (treeHash(tree) !== hash)
      throw new InfraError('bad-tree', `the list of files ${hash} is not canonical`);
    return tree;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writeFiles(store: BlobStore, tree: Tree, folder: string): Promise<void> {
  await inParallel(tree.files, async ({ path, sha256, bytes }) => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await store.getFile(sha256, file);
    if (bytes === (await stat(file)).size) return;
    throw new InfraError('bad-tree', `the list of files ${treeHash(tree)} gives ${path} a wrong length`);
  });
}

async function renameNew(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new InfraError('folder-exists', `${to} is there already: nothing is written over it`, {
      cause: error,
    });
  }
}
