import type { BenchListener } from '../bench/events.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { Job, JobOutcome } from './jobs/job.js';

/** Whether a board can be given work now. */
export interface BoardStatus {
  readonly mac: string;
  readonly state: 'free' | 'held' | 'quarantined' | 'unreachable';
  /** Who holds it, why it is in quarantine, what the machine said. */
  readonly why?: string;
  /** Expected milliseconds until it is free; absent when nobody said. */
  readonly freeInMs?: number;
  /** Id of the build that was last flashed; absent when that is not known. */
  readonly build?: string;
}

/** What running a job on a place came to. */
export interface Finished {
  readonly outcome: JobOutcome;
  /** Where its run folder is on this machine now; absent when there is none. */
  readonly runFolder?: string;
}

export interface PlaceRunOptions {
  /** Under which the run folder is put. */
  readonly runsFolder: string;
  readonly onEvent: BenchListener;
  /** Stops the job; by an InfraError `lease-busy` one that only stands in line, which is refused by that then. */
  readonly signal: AbortSignal;
}

/** Somewhere with boards: this machine, or a rack host far away. It has the tree of every job that it is given. */
export interface Place extends AsyncDisposable {
  /** `local`, or the host's id. */
  readonly name: string;
  readonly boards: readonly RackBoard[];
  status(): Promise<readonly BoardStatus[]>;
  /**
   * Runs the job, or joins it when it runs there already, or fetches what it came to: the same job and try are never run twice.
   * @throws InfraError `lease-busy` when a board is somebody else's: nothing was done; `place-lost` when the machine does not
   * answer any more and nobody knows what became of the job
   */
  run(
    job: Job,
    placement: {
      readonly try: number;
      readonly boards: readonly RackBoard[];
      /** How long another machine may have it stand in line for them; absent: not at all. */
      readonly waitMs?: number;
    },
    options: PlaceRunOptions,
  ): Promise<Finished>;
}
