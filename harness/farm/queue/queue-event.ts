import type { JobOutcome, Requirements } from '../jobs/job.js';

/** What happens around the queue, for whoever shows it. */
export type QueueEvent =
  | { readonly type: 'redis-away'; readonly message: string }
  | { readonly type: 'redis-back' }
  /** Redis does what is asked of it, and is not set up as it must be, or refused something that is tried again. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | WorkerEvent
  | ControllerEvent;

export type WorkerEvent =
  | {
      readonly type: 'taken';
      readonly job: string;
      readonly title: string;
      readonly try: number;
      readonly boards: readonly string[];
    }
  | {
      readonly type: 'completed';
      readonly job: string;
      readonly try: number;
      readonly verdict: JobOutcome['verdict'];
    }
  /** It goes back into the queue, and this was no failure. */
  | { readonly type: 'given-back'; readonly job: string; readonly why: string }
  /** The job's lock was somebody else's or nobody's: the result is not this worker's to give. */
  | { readonly type: 'lock-lost'; readonly job: string };

export type ControllerEvent =
  /** Jobs wait, and no live worker has boards that fit. */
  | {
      readonly type: 'unserved';
      readonly requires: Requirements;
      readonly jobs: readonly string[];
      readonly message: string;
    }
  /** Redis had forgotten them: they were added again. */
  | { readonly type: 'resubmitted'; readonly jobs: readonly string[] };

export type QueueListener = (event: QueueEvent) => void;
