import type { JobOutcome } from '../jobs/job.js';
import { byClass, type Submitted } from './job-table.js';
import type { QueueListener } from './queue-event.js';
import { whyUnserved } from './unserved.js';
import type { WorkerFacts } from './workers.js';

/** How long a class may be without a worker. */
export interface Patience {
  /** Until it is told; against workers of another version no further waiting helps. */
  readonly warnAfterMs: number;
  /** Until its jobs are given up. */
  readonly failAfterMs: number;
}

export const PATIENCE: Patience = { warnAfterMs: 60_000, failAfterMs: 30 * 60_000 };

export interface Hopeless {
  readonly jobs: readonly Submitted[];
  readonly failure: JobOutcome['failures'][number];
}

/** Notes since when no live worker can serve a class, tells it once, and says when its jobs are to be given up. */
export class UnservedWatch {
  private readonly since = new Map<string, number>();
  private readonly told = new Set<string>();

  constructor(
    private readonly version: string,
    private readonly patience: Patience,
    private readonly onEvent: QueueListener,
  ) {}

  /** @param nowMs by a clock that does not step */
  look(waiting: readonly Submitted[], workers: readonly WorkerFacts[], nowMs: number): Hopeless[] {
    const hopeless: Hopeless[] = [];
    for (const [name, jobs] of byClass(waiting)) {
      const failure = whyUnserved(jobs[0]!.job.requires, this.version, workers);
      if (failure === undefined) this.forget(name);
      else if (this.isHopeless(name, { jobs, failure }, nowMs)) hopeless.push({ jobs, failure });
    }
    return hopeless;
  }

  private isHopeless(name: string, { jobs, failure }: Hopeless, nowMs: number): boolean {
    const since = this.since.get(name) ?? nowMs;
    this.since.set(name, since);
    const { warnAfterMs, failAfterMs } = this.patience;
    if (nowMs - since >= warnAfterMs && !this.told.has(name)) {
      this.told.add(name);
      const { requires } = jobs[0]!.job;
      const ids = jobs.map(({ job }) => job.id);
      this.onEvent({ type: 'unserved', requires, jobs: ids, message: failure.message });
    }
    return nowMs - since >= (failure.class === 'config-error' ? warnAfterMs : failAfterMs);
  }

  private forget(name: string): void {
    this.since.delete(name);
    this.told.delete(name);
  }
}
