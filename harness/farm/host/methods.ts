import { hostname } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../../lease/machine.js';
import { tokenrackVersion } from '../../version.js';
import { openFolderStore } from '../blobs/folder-store.js';
import type { OnJobLine } from '../jobs/job-store.js';
import { openJobStore } from '../jobs/job-store.js';
import { boardStatus } from './board-status.js';
import { listAllLeases, releaseByMac } from './leases.js';
import type { CheckedParams, HostMethod, HostResult } from './protocol.js';
import { otherVersion } from './version-check.js';

/** The folders of this machine that its jobs and boards are in. */
export interface HostFolders {
  readonly stateFolder: string;
  readonly machineFolder: string;
}

/** How one request is answered. */
export interface Asking {
  /** Aborts when the connection ends, or the request is cancelled. */
  readonly signal: AbortSignal;
  readonly onLine: OnJobLine;
}

export type HostMethods = {
  readonly [M in Exclude<HostMethod, 'cancel'>]: (
    params: CheckedParams<M>,
    asking: Asking,
  ) => Promise<HostResult<M>>;
};

/** What `tokenrack host` does when it is asked (FARM.md, "A rack host over SSH"). */
export async function openHostMethods(folders: HostFolders): Promise<HostMethods> {
  const store = openJobStore(folders.stateFolder);
  const blobs = await openFolderStore(join(folders.stateFolder, 'blobs'));
  const refOf = (params: { job: string; try: number }) => ({ id: params.job, try: params.try });
  return {
    hello: async ({ version }) => {
      if (version !== tokenrackVersion) throw otherVersion(hostname(), tokenrackVersion, version);
      const { boot } = thisMachine();
      return { version: tokenrackVersion, machine: hostname(), boot, blobs: blobs.folder };
    },
    'blobs.missing': async ({ hashes }) => ({ missing: await blobs.missing(hashes) }),
    'blobs.keep': async ({ sha256, file }) => {
      await blobs.takeFile(sha256, file);
      return {};
    },
    'job.start': async ({ job, placement }) => ({ state: await store.start(job, placement) }),
    'job.follow': async (params, { signal, onLine }) => ({
      outcome: await store.follow(refOf(params), params.offset, onLine, signal),
    }),
    'job.stop': async (params) => {
      await store.stop(refOf(params));
      return {};
    },
    'job.remove': async (params) => {
      await store.remove(refOf(params));
      return {};
    },
    'boards.status': async ({ boards }) => ({
      boards: await Promise.all(boards.map((board) => boardStatus(board, folders))),
    }),
    'lease.list': async () => ({ leases: await listAllLeases(folders) }),
    'lease.release': ({ mac, force }) => releaseByMac(folders, mac, force),
  };
}
