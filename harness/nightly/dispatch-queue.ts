import type { BlobStore } from '../farm/blobs/tree.js';
import type { Job } from '../farm/jobs/job.js';
import { eventOfLine, type JobLine } from '../farm/jobs/job-line.js';
import type { Finished } from '../farm/place.js';
import { fits } from '../farm/queue/classes.js';
import type { JobQueue } from '../farm/queue/job-queue.js';
import { afterTry } from './after-try.js';
import type { JobState } from './fold-ledger.js';
import type { LedgerEntry } from './ledger-records.js';
import type { NightRun } from './night-run.js';

/** The queue's name among the places. */
export const QUEUE = 'queue';

/** How often it is looked for jobs that came back into the queue after the night's time was up. */
const LOOK_MS = 1000;

export interface QueueDispatchOptions extends NightRun {
  readonly queue: JobQueue;
  /** Has the trees of all jobs. */
  readonly blobs: BlobStore;
}

/**
 * Has workers run the jobs until every one is judged or the night ends early: what nobody has taken is taken back then. Any number of
 * controllers may have been killed in it before: jobs are added by id, so that adding again changes nothing. A further try is a job of its own
 * to the queue, which any worker whose boards fit may take.
 */
export async function dispatchQueue(options: QueueDispatchOptions): Promise<void> {
  await new QueueDispatcher(options).run();
}

interface OpenTry {
  readonly job: Job;
  readonly try: number;
  readonly joined: boolean;
}

class QueueDispatcher {
  /** Tries that are in the queue, by their names there. */
  private readonly open = new Map<string, OpenTry>();
  /** Tries that are out of the queue, and leave `open` when this resolves. */
  private takingBack: Promise<void> = Promise.resolve();

  constructor(private readonly options: QueueDispatchOptions) {}

  async run(): Promise<void> {
    const { jobs, queue, runsFolder, signal } = this.options;
    const ending = new AbortController();
    const deadline = this.deadline(ending.signal);
    const watching = queue.watch((id, line) => this.live(id, line), AbortSignal.any([signal, ending.signal]));
    const beside = Promise.all([deadline, watching]);
    // It is waited for below, and may fail before.
    beside.catch(() => {});
    try {
      await this.begin(jobs.filter((job) => this.stateOf(job).judged === undefined));
      while (this.open.size > 0) {
        await queue.outcomes([...this.open.keys()], (finished) => this.take(finished), {
          runsFolder,
          signal,
        });
        await this.takingBack;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      const left = [...this.open.keys()];
      await queue.cancel(left);
      const why = { code: 'interrupted', why: 'the night was interrupted' };
      await this.endTries(left, (tried) => ({ record: 'lost', ...tried, ...why }));
    } finally {
      ending.abort();
      await beside;
    }
  }

  /** Starts a try of each job, or joins the one that an earlier controller started. */
  private async begin(jobs: readonly Job[]): Promise<void> {
    const { ledger, queue, blobs, onChange, untilMs = Number.POSITIVE_INFINITY } = this.options;
    const tries = jobs.map((job): OpenTry => {
      const { tries: earlier } = this.stateOf(job);
      const joined = earlier.at(-1)?.state === 'open';
      return { job, try: joined ? earlier.length : earlier.length + 1, joined };
    });
    const wanted = tries.filter((one) => one.joined || Date.now() < untilMs);
    const fresh = wanted.filter(({ joined }) => !joined);
    await ledger.append(...(await Promise.all(fresh.map((one) => this.startOf(one)))));
    for (const one of wanted) {
      this.open.set(queueId(one), one);
      onChange({ type: 'started', job: one.job, try: one.try, boards: [], joined: one.joined });
    }
    await queue.submit(
      wanted.map((one) => this.submission(one)),
      blobs,
    );
  }

  private async startOf({ job, try: number }: OpenTry): Promise<LedgerEntry> {
    const notOn = await this.failedOn(job);
    const left = notOn.length === 0 ? {} : { notOn };
    return { record: 'started', job: job.id, try: number, place: QUEUE, boards: [], ...left };
  }

  /** The same for a try that is joined as when it was started: a class of requirements is a queue of its own. */
  private submission(one: OpenTry): Job {
    const notOn = this.stateOf(one.job).tries.at(-1)?.notOn;
    const requires = { ...one.job.requires, ...(notOn === undefined ? {} : { notOn: [...notOn] }) };
    return { ...one.job, id: queueId(one), requires };
  }

  /** MACs of the boards that the job failed on, where workers have others that fit. */
  private async failedOn(job: Job): Promise<string[]> {
    const failed = this.stateOf(job)
      .tries.filter((one) => one.state === 'retried')
      .flatMap((one) => one.outcome?.boards.map(({ mac }) => mac) ?? []);
    if (failed.length === 0) return [];
    const notOn = [...new Set(failed)].sort();
    const workers = await this.options.queue.workers();
    return workers.some(({ boards }) => fits({ ...job.requires, notOn }, boards)) ? notOn : [];
  }

  private async take({ outcome, ...rest }: Finished): Promise<void> {
    const id = outcome.job;
    const open = this.open.get(id);
    if (open === undefined) throw new Error(`an outcome of ${id}, which is not open`);
    // From here on there is nothing to be taken back.
    this.open.delete(id);
    const { job, try: number, joined } = open;
    const finished = { outcome: { ...outcome, job: job.id, try: number }, ...rest };
    const { ledger, retries, nightFolder, signal, onChange, onFinished } = this.options;
    const facts = {
      job,
      try: number,
      boards: outcome.boards,
      startedAt: outcome.startedAt,
      joined,
      retries,
      nightFolder,
    };
    const entry = afterTry({ ...facts, interrupted: signal.aborted, state: this.stateOf(job) }, { finished });
    await ledger.append(entry);
    onChange({ type: 'ended', job, entry });
    if ('outcome' in entry) await onFinished(job, finished);
    if (entry.record !== 'judged' && !signal.aborted) await this.begin([job]);
  }

  /** From the given time on, what no worker has on its boards is taken back, also what comes back into the queue later. */
  private async deadline(ending: AbortSignal): Promise<void> {
    const { untilMs } = this.options;
    if (untilMs === undefined) return;
    for (let atMs = untilMs; await reached(atMs, ending); atMs = Date.now() + LOOK_MS) {
      this.takingBack = this.takeBack();
      await this.takingBack;
    }
  }

  private async takeBack(): Promise<void> {
    const left = await this.options.queue.withdraw([...this.open.keys()]);
    await this.endTries(left, (tried) => ({
      record: 'refused',
      ...tried,
      why: "no worker had it when the night's time was up",
    }));
  }

  private async endTries(
    ids: readonly string[],
    entryOf: (tried: { readonly job: string; readonly try: number }) => LedgerEntry,
  ): Promise<void> {
    for (const id of ids) {
      const open = this.open.get(id);
      if (open === undefined) continue;
      this.open.delete(id);
      const entry = entryOf({ job: open.job.id, try: open.try });
      await this.options.ledger.append(entry);
      this.options.onChange({ type: 'ended', job: open.job, entry });
    }
  }

  private live(id: string, line: JobLine): void {
    const open = this.open.get(id);
    const event = eventOfLine(line);
    if (open !== undefined && event !== undefined) this.options.onEvent(open.job, event);
  }

  private stateOf(job: Job): JobState {
    return this.options.ledger.state.get(job.id)!;
  }
}

/** Later tries are further jobs to the queue: it runs none twice. */
function queueId({ job, try: number }: Pick<OpenTry, 'job' | 'try'>): string {
  return number === 1 ? job.id : `${job.id}.t${number}`;
}

/** The night's id of a job that the queue has by this one. */
export function nightJobOf(id: string): string {
  return id.replace(/\.t\d+$/, '');
}

/** False: ended before. */
function reached(atMs: number, ending: AbortSignal): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(true), Math.max(0, atMs - Date.now()));
    ending.addEventListener('abort', () => {
      clearTimeout(timer);
      done(false);
    });
  });
}
