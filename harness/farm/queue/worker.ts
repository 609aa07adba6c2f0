import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { tokenrackVersion } from '../../version.js';
import { openFolderStore } from '../blobs/folder-store.js';
import { LOCK_TIMES, openConnection } from './connection.js';
import { QueueWorker } from './queue-worker.js';
import type { WorkerOptions } from './worker-options.js';

/**
 * Takes jobs from the queue whenever boards of this machine are free for them, until the signal aborts.
 * @throws ConfigError `queue-url`, `queue-refused`, `no-boards`
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const boards = options.boards.filter((board) => board.rack_host === undefined);
  if (boards.length === 0)
    throw new ConfigError('no-boards', 'the rack has no board of this machine: a worker needs one');
  const { url, signal, onEvent, version = tokenrackVersion, times = LOCK_TIMES } = options;
  const name = options.name ?? hostname();
  await using connection = await openConnection(url, {
    version,
    onEvent,
    workerName: name,
    times,
    signal,
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return undefined;
  });
  if (connection === undefined) return;
  const near = await openFolderStore(join(options.stateFolder, 'blobs'));
  await new QueueWorker(connection, near, boards, { ...options, name, version, times }).run();
}
