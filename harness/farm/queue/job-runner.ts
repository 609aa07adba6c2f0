import type { RackBoard } from '../../rack/rack-schema.js';
import type { JobStore } from '../jobs/job-store.js';
import type { BoardStatus } from '../place.js';

/** What a worker needs of the machine that it works on; `openMachine` has the real one. */
export interface Machine {
  readonly jobs: JobRunner;
  status(boards: readonly RackBoard[]): Promise<readonly BoardStatus[]>;
}

export type JobRunner = Pick<JobStore, 'start' | 'follow' | 'stop' | 'runFolderOf'>;
