import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FolderStore } from './folder-store.js';
import { inParallel } from './in-parallel.js';
import type { MadeTree } from './make-tree.js';
import { materialize, readTree } from './materialize.js';
import type { BlobStore, Tree } from './tree.js';
import { canonicalTree } from './tree-hash.js';

/** What a shipment was; the tree's own JSON counts as a file. */
export interface Shipment {
  /** Sent, with their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Contents that were there already. */
  readonly skipped: number;
}

/** Called after each file: what was sent so far, of how much. */
export type ShipListener = (progress: { doneBytes: number; totalBytes: number }) => void;

/**
 * Sends what a store lacks of a tree; the tree's own JSON last, so that a tree which is there was complete once.
 * @throws InfraError `bad-blob` when a file was changed since the tree was made
 */
export async function ship(made: MadeTree, store: BlobStore, onProgress?: ShipListener): Promise<Shipment> {
  const sizes = new Map(made.tree.files.map(({ sha256, bytes }) => [sha256, bytes]));
  const json = canonicalTree(made.tree);
  const missing = new Set(await store.missing([...sizes.keys(), made.hash]));
  const absent = [...missing].filter((sha256) => sizes.has(sha256));
  const jsonBytes = missing.has(made.hash) ? Buffer.byteLength(json) : 0;
  const totalBytes = absent.reduce((sum, sha256) => sum + sizes.get(sha256)!, jsonBytes);
  let doneBytes = 0;
  const sent = (bytes: number): void => {
    doneBytes += bytes;
    onProgress?.({ doneBytes, totalBytes });
  };
  await inParallel(absent, async (sha256) => {
    await store.putFile(sha256, made.sources.get(sha256)!);
    sent(sizes.get(sha256)!);
  });
  if (missing.has(made.hash)) {
    await putText(store, made.hash, json);
    sent(jsonBytes);
  }
  return { files: missing.size, bytes: totalBytes, skipped: sizes.size + 1 - missing.size };
}

/** A tree that a folder store has, to be shipped on from there. @throws InfraError `no-blob`, `bad-blob`, `bad-tree` */
export async function storedTree(store: FolderStore, hash: string): Promise<MadeTree> {
  const tree = await readTree(store, hash);
  return { tree, hash, sources: new Map(tree.files.map(({ sha256 }) => [sha256, store.pathOf(sha256)])) };
}

/**
 * Fetches a tree into `folder` by way of a store on this machine: only what that lacks is asked for, so that a fetch which
 * was broken off goes on where it was. `folder` must not be there yet; it is there whole or not at all.
 * @throws InfraError `no-blob`, `bad-blob`, `bad-tree`, `folder-exists`
 */
export async function fetchTree(
  far: BlobStore,
  hash: string,
  near: FolderStore,
  folder: string,
): Promise<Tree> {
  await pull(far, near, [hash]);
  const tree = await readTree(near, hash);
  await pull(
    far,
    near,
    tree.files.map(({ sha256 }) => sha256),
  );
  return await materialize(near, hash, folder);
}

/** Each content once; the store asks for none that it has. */
async function pull(far: BlobStore, near: FolderStore, hashes: readonly string[]): Promise<void> {
  await inParallel(new Set(hashes), (sha256) => near.putBy(sha256, (path) => far.getFile(sha256, path)));
}

async function putText(store: BlobStore, sha256: string, text: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'tokenrack-tree-'));
  try {
    const path = join(scratch, 'tree.json');
    await writeFile(path, text);
    await store.putFile(sha256, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
