import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { FolderStore } from '../blobs/folder-store.js';
import { inParallel } from '../blobs/in-parallel.js';
import { makeTree } from '../blobs/make-tree.js';
import { readTree } from '../blobs/materialize.js';
import { ship } from '../blobs/ship.js';
import type { BlobStore } from '../blobs/tree.js';
import type { JobOutcome } from '../jobs/job.js';

/** Fetches what this machine lacks of a tree. @throws InfraError `no-blob`, `bad-blob`, `bad-tree` */
export async function pullTree(far: BlobStore, hash: string, near: FolderStore): Promise<void> {
  const pull = async (hashes: readonly string[]): Promise<void> =>
    inParallel(await near.missing(hashes), (sha256) =>
      near.putBy(sha256, (path) => far.getFile(sha256, path)),
    );
  await pull([hash]);
  const { files } = await readTree(near, hash);
  await pull(files.map(({ sha256 }) => sha256));
}

/** Copies what `to` lacks of a tree, its list of files last. @throws InfraError as the stores do */
export async function copyTree(from: BlobStore, hash: string, to: BlobStore): Promise<void> {
  const { files } = await readTree(from, hash);
  const scratch = await mkdtemp(join(tmpdir(), 'tokenrack-copy-'));
  const copy = async (hashes: readonly string[]): Promise<void> =>
    inParallel(await to.missing(hashes), async (sha256) => {
      const path = join(scratch, sha256);
      await from.getFile(sha256, path);
      await to.putFile(sha256, path);
      await rm(path);
    });
  try {
    await copy(files.map(({ sha256 }) => sha256));
    await copy([hash]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Puts a run folder where the controller finds it; what to write into the outcome. */
export async function shipRun(folder: string, to: BlobStore): Promise<NonNullable<JobOutcome['run']>> {
  const made = await makeTree(folder);
  await ship(made, to);
  return { id: basename(folder), tree: made.hash };
}
