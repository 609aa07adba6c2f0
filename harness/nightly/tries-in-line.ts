import type { BenchEvent } from '../bench/events.js';
import type { Job } from '../farm/jobs/job.js';
import { leaveLine } from '../farm/left-line.js';

interface Standing {
  readonly job: Job;
  readonly leaving: AbortController;
  waits: boolean;
}

/** Which of the tries that run only stand in line for a board of somebody else: their last event is `waiting`. */
export class TriesInLine {
  private readonly tries = new Map<string, Standing>();

  /** A signal that aborts, by an InfraError `lease-busy`, when the try is to give up its place in line. */
  begin(job: Job): AbortSignal {
    const leaving = new AbortController();
    this.tries.set(job.id, { job, leaving, waits: false });
    return leaving.signal;
  }

  note(job: Job, event: BenchEvent): void {
    const one = this.tries.get(job.id);
    if (one !== undefined) one.waits = event.type === 'waiting';
  }

  end(job: Job): void {
    this.tries.delete(job.id);
  }

  get jobs(): readonly Job[] {
    return [...this.tries.values()].filter(({ waits }) => waits).map(({ job }) => job);
  }

  leave({ id }: Pick<Job, 'id'>, why: string): void {
    this.tries.get(id)?.leaving.abort(leaveLine(why, id));
  }
}
