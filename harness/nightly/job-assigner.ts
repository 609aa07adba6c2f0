import type { Job } from '../farm/jobs/job.js';
import { assign } from '../schedule/assign.js';
import type { RackedBoard, WaitingJob } from '../schedule/waiting-job.js';
import type { NightBoards } from './night-boards.js';
import type { NightRun } from './night-run.js';
import { asWaiting, fitsSome } from './waiting-jobs.js';

export interface AssignerOptions extends Pick<NightRun, 'ledger'> {
  readonly boards: NightBoards;
  /** Id of the build that a job flashes, when it is known. */
  readonly buildOf?: (job: Job) => string | undefined;
}

/** Which jobs of a night its boards take, as they are now. */
export class JobAssigner {
  constructor(private readonly options: AssignerOptions) {}

  /** @param start takes the job out of those that wait, and its boards */
  assign(waiting: ReadonlyMap<string, Job>, start: (job: string, boards: readonly string[]) => void): void {
    const { boards } = this.options;
    const racked = boards.racked();
    for (const one of assign(this.asWaiting(waiting.values(), racked), racked)) start(one.job, one.boards);
    const held = boards.heldInLine();
    if (held.length === 0) return;
    // Only who cannot be helped by a board of ours goes to stand in line for somebody else's.
    const heldMacs = new Set(held.map(({ mac }) => mac));
    const ours = racked.filter(({ mac }) => !heldMacs.has(mac));
    const inLine = this.asWaiting(waiting.values(), racked).filter((job) => !fitsSome(job, ours));
    for (const one of assign(inLine, held)) start(one.job, one.boards);
  }

  /** Which of these jobs boards that are free now would take, by their ids. */
  takenByFree(jobs: readonly Job[]): { readonly id: string }[] {
    const racked = this.options.boards.racked();
    const free = racked.filter(({ busy }) => busy !== true);
    return assign(this.asWaiting(jobs, racked), free).map(({ job: id }) => ({ id }));
  }

  /** Whether one of these jobs fits these boards, free or not. */
  someFits(jobs: Iterable<Job>, racked: readonly RackedBoard[]): boolean {
    return this.asWaiting(jobs, racked).some((job) => fitsSome(job, racked));
  }

  private asWaiting(jobs: Iterable<Job>, racked: readonly RackedBoard[]): WaitingJob[] {
    const { ledger, buildOf } = this.options;
    return [...jobs].map((job) => asWaiting(job, ledger.state.get(job.id)!, buildOf?.(job), racked));
  }
}
