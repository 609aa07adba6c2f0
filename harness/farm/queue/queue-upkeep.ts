import { hostname } from 'node:os';
import type { JobOutcome } from '../jobs/job.js';
import { failedOutcome } from '../jobs/job-outcome.js';
import type { JobTable, Submitted } from './job-table.js';
import type { QueueListener } from './queue-event.js';
import type { Hopeless, UnservedWatch } from './unserved-watch.js';
import type { WorkerFacts } from './workers.js';

const LOOK_AFTER_MS = 5_000;
const RENEW_TREES_MS = 3_600_000;

export interface UpkeepOptions {
  readonly workers: () => Promise<WorkerFacts[]>;
  readonly onEvent: QueueListener;
  /** Whether it is still waited for: it may have been taken back meanwhile. */
  readonly isWanted: (job: Submitted) => boolean;
  /** How often it is looked. */
  readonly lookAfterMs?: number;
}

/** Looks after the jobs that a controller waits for. */
export class QueueUpkeep {
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private renewedAtMs = performance.now();

  constructor(
    private readonly table: JobTable,
    private readonly unserved: UnservedWatch,
    private readonly options: UpkeepOptions,
  ) {}

  /** Now and then: adds again what Redis has forgotten; outcomes of jobs that nobody can run. */
  async look(waiting: readonly Submitted[]): Promise<JobOutcome[]> {
    const now = performance.now();
    const { lookAfterMs = LOOK_AFTER_MS, workers } = this.options;
    if (now - this.lookedAtMs < lookAfterMs) return [];
    this.lookedAtMs = now;
    await this.addForgotten(waiting);
    if (now - this.renewedAtMs > RENEW_TREES_MS) {
      this.renewedAtMs = now;
      await this.table.sendTrees(waiting);
    }
    const outcomes: JobOutcome[] = [];
    for (const each of this.unserved.look(waiting, await workers(), now)) {
      outcomes.push(...(await this.giveUp(each)));
    }
    return outcomes;
  }

  private async addForgotten(waiting: readonly Submitted[]): Promise<void> {
    const { isWanted, onEvent } = this.options;
    const forgotten = (await this.table.forgotten(waiting)).filter(isWanted);
    if (forgotten.length === 0) return;
    await this.table.sendTrees(forgotten);
    await this.table.add(forgotten, isWanted);
    onEvent({ type: 'resubmitted', jobs: forgotten.filter(isWanted).map(({ job }) => job.id) });
  }

  /** Jobs that are taken out first cannot be taken by a worker any more; one that somebody still runs is left. */
  private async giveUp({ jobs, failure }: Hopeless): Promise<JobOutcome[]> {
    const outcomes: JobOutcome[] = [];
    for (const each of jobs) {
      if (!(await this.table.remove(each))) continue;
      const begun = { job: each.job.id, try: 1, machine: hostname(), startedAt: new Date().toISOString() };
      outcomes.push(failedOutcome(failure, { ...begun, boards: [] }));
    }
    return outcomes;
  }
}
