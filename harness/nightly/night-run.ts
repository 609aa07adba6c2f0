import type { BenchEvent } from '../bench/events.js';
import type { Job } from '../farm/jobs/job.js';
import type { Finished } from '../farm/place.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { Ledger } from './ledger.js';
import type { LedgerEntry } from './ledger-records.js';

/** What a night tells whoever shows it. */
export type NightChange =
  | {
      readonly type: 'started';
      readonly job: Job;
      readonly try: number;
      readonly boards: readonly RackBoard[];
      readonly joined: boolean;
    }
  | { readonly type: 'ended'; readonly job: Job; readonly entry: LedgerEntry };

/** What both ways of running a night have in common: over places, and through the queue. */
export interface NightRun {
  readonly jobs: readonly Job[];
  readonly ledger: Ledger;
  readonly nightFolder: string;
  /** Under which run folders are put. */
  readonly runsFolder: string;
  /** Further tries after an infra-fail. */
  readonly retries: number;
  /** Milliseconds since the epoch: from then on nothing is started any more, and nobody stands in line for a board. */
  readonly untilMs?: number;
  readonly signal: AbortSignal;
  readonly onEvent: (job: Job, event: BenchEvent) => void;
  readonly onChange: (change: NightChange) => void;
  /** A try came to something, and the ledger has it. */
  readonly onFinished: (job: Job, finished: Finished) => Promise<void>;
}
