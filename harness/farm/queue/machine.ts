import type { RackBoard } from '../../rack/rack-schema.js';
import { boardStatus } from '../host/board-status.js';
import { type JobStore, openJobStore } from '../jobs/job-store.js';
import type { BoardStatus } from '../place.js';

/** What a worker needs of the machine that it works on. */
export interface Machine {
  readonly jobs: JobRunner;
  status(boards: readonly RackBoard[]): Promise<readonly BoardStatus[]>;
}

export type JobRunner = Pick<JobStore, 'start' | 'follow' | 'stop' | 'runFolderOf'>;

/** This machine itself. */
export function openMachine(folders: {
  readonly stateFolder: string;
  readonly machineFolder: string;
}): Machine {
  return {
    jobs: openJobStore(folders.stateFolder),
    status: (boards) => Promise.all(boards.map((board) => boardStatus(board, folders))),
  };
}
