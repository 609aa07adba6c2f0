import type { RackBoard } from '../../rack/rack-schema.js';
import type { JobOutcome } from '../jobs/job.js';

/** What an outcome is about that no run came to. */
export interface MadeFor {
  readonly job: string;
  readonly try: number;
  readonly machine: string;
  readonly startedAt: Date;
  readonly boards?: readonly RackBoard[];
}

/** The outcome of a job that ended without one of its own. */
export function madeOutcome(about: MadeFor, failure: JobOutcome['failures'][number]): JobOutcome {
  return {
    job: about.job,
    try: about.try,
    verdict: failure.class,
    failures: [failure],
    machine: about.machine,
    startedAt: about.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    boards: (about.boards ?? []).map(({ id, mac }) => ({ id, mac })),
  };
}
