import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InfraError } from '../../errors.js';
import type { JobOutcome } from '../jobs/job.js';
import { makeTree } from './make-tree.js';

/**
 * Fetches a run folder to below `runsFolder` and says where it is now. Runs of several machines, and of several jobs of one, may have the same
 * name, which is only a time and a title: none is written over, and none taken for another. The second becomes `RUN-2`; one that was
 * fetched before is known by its tree.
 * @param fetch puts the tree into the folder that it is given, as `fetchTree`
 * @throws whatever `fetch` throws but `folder-exists`
 */
export async function fetchRun(
  { id, tree }: NonNullable<JobOutcome['run']>,
  runsFolder: string,
  fetch: (folder: string) => Promise<unknown>,
): Promise<string> {
  const name = basename(id);
  for (let n = 1; ; n++) {
    const folder = join(runsFolder, n === 1 ? name : `${name}-${n}`);
    // Looking first is cheaper than fetching a run for a name that is taken.
    if (!existsSync(folder) && (await isNew(fetch(folder)))) return folder;
    if (await isSame(folder, tree)) return folder;
  }
}

/** False: meanwhile the folder had come to be there. */
async function isNew(fetching: Promise<unknown>): Promise<boolean> {
  try {
    await fetching;
    return true;
  } catch (error) {
    if (error instanceof InfraError && error.code === 'folder-exists') return false;
    throw error;
  }
}

/** It was fetched before. */
async function isSame(folder: string, tree: string): Promise<boolean> {
  return await makeTree(folder).then(
    ({ hash }) => hash === tree,
    () => false,
  );
}
