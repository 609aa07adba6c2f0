import type { Job } from '../farm/jobs/job.js';
import type { RackBoard } from '../rack/rack-schema.js';
import { AwayPlaces } from './away-places.js';
import { TryConductor } from './conduct-try.js';
import type { JobState } from './fold-ledger.js';
import { type AssignerOptions, JobAssigner } from './job-assigner.js';
import { judgeStranded } from './judge-stranded.js';
import type { LedgerEntry } from './ledger-records.js';
import type { NightRun } from './night-run.js';
import type { PlacedTry } from './run-try.js';
import { TriesInLine } from './tries-in-line.js';

export interface DispatchOptions extends NightRun, AssignerOptions {
  /** How often it is looked whether boards of others have become free. */
  readonly pollMs?: number;
  /** How long, when all else is done, jobs wait for boards and places that cannot be reached. */
  readonly graceMs?: number;
}

const POLL_MS = 2000;
const GRACE_MS = 60_000;

/**
 * Gives jobs to free boards until every job is judged, nothing more can be started, or the night is interrupted: then the ledger has
 * jobs that are not judged. Ends when nothing is running any more.
 */
export async function dispatch(options: DispatchOptions): Promise<void> {
  await new Dispatcher(options).run();
}

class Dispatcher {
  private readonly waiting = new Map<string, Job>();
  private readonly running = new Set<Promise<void>>();
  private readonly inLine = new TriesInLine();
  private readonly assigner: JobAssigner;
  private readonly conductor: TryConductor;
  private readonly away: AwayPlaces;
  private wake: () => void = () => {};
  /** Stops everything when the night itself cannot go on. */
  private readonly broken = new AbortController();
  private readonly signal: AbortSignal;
  private trouble: { readonly error: unknown } | undefined;
  /** Since when only boards that cannot be reached are missing. */
  private strandedAt: number | undefined;

  constructor(private readonly options: DispatchOptions) {
    this.signal = AbortSignal.any([options.signal, this.broken.signal]);
    this.signal.addEventListener('abort', () => this.wake());
    this.assigner = new JobAssigner(options);
    this.away = new AwayPlaces(options.boards, (error) => this.breakOff(error));
    this.conductor = new TryConductor({
      ...options,
      signal: this.signal,
      inLine: this.inLine,
      brokenOff: () => (this.trouble === undefined ? undefined : String(this.trouble.error)),
    });
  }

  async run(): Promise<void> {
    try {
      for (const job of this.options.jobs) this.take(job);
      await this.options.boards.refresh();
      await this.goOn();
    } catch (error) {
      this.breakOff(error);
    }
    await Promise.all(this.running);
    this.wake();
    if (this.trouble !== undefined) throw this.trouble.error;
    if (!this.isOver()) await this.judgeRest();
  }

  private breakOff(error: unknown): void {
    this.trouble ??= { error };
    this.broken.abort(error);
  }

  /** What an earlier controller started is joined; what is judged is left alone. */
  private take(job: Job): void {
    const state = this.stateOf(job);
    if (state.judged !== undefined) return;
    const open = state.tries.at(-1);
    if (open?.state !== 'open') {
      this.waiting.set(job.id, job);
      return;
    }
    const placed = this.placed(job, open.try, open.place, open.boards);
    this.begin(job, open.boards, () => this.finish(placed, true));
  }

  private async goOn(): Promise<void> {
    for (;;) {
      const woken = this.nextChange();
      if (!this.isOver()) this.assign();
      this.leaveLines();
      if (this.running.size === 0 && (this.isOver() || !(await this.isHope()))) return;
      await woken;
    }
  }

  /** Nothing is to be started any more. */
  private isOver(): boolean {
    return this.waiting.size === 0 || this.signal.aborted || this.isLate();
  }

  private isLate(): boolean {
    const { untilMs = Number.POSITIVE_INFINITY } = this.options;
    return Date.now() >= untilMs;
  }

  private assign(): void {
    this.assigner.assign(this.waiting, (id, macs) => this.start(id, macs));
  }

  /** A place in line is given up only for a board that is free, and when the night's time is up. */
  private leaveLines(): void {
    const { jobs } = this.inLine;
    if (jobs.length === 0) return;
    const late = this.isLate();
    const why = late ? "the night's time is up" : 'another is free';
    for (const job of late ? jobs : this.assigner.takenByFree(jobs))
      this.inLine.leave(job, `somebody else has its board, and ${why}`);
  }

  private start(id: string, macs: readonly string[]): void {
    const job = this.waiting.get(id)!;
    const number = this.stateOf(job).tries.length + 1;
    const place = this.options.boards.get(macs[0]!).place.name;
    const placed = this.placed(job, number, place, macs);
    this.begin(job, macs, async () => {
      await this.options.ledger.append({ record: 'started', job: id, try: number, place, boards: [...macs] });
      await this.finish(placed, false);
    });
  }

  private placed(job: Job, number: number, place: string, macs: readonly string[]): PlacedTry {
    return { job, try: number, place, macs, boards: macs.flatMap((mac) => this.boardOf(mac) ?? []) };
  }

  private begin(job: Job, macs: readonly string[], work: () => Promise<void>): void {
    const { boards } = this.options;
    this.waiting.delete(job.id);
    boards.take(macs);
    const running = work()
      .catch((error: unknown) => this.breakOff(error))
      .finally(() => {
        this.running.delete(running);
        this.wake();
      });
    this.running.add(running);
  }

  /** Runs or joins a try that the ledger has as started, and says what it came to. */
  private async finish(placed: PlacedTry, joined: boolean): Promise<void> {
    const { job, macs } = placed;
    const { boards, onChange, onFinished } = this.options;
    const { end, entry } = await this.conductor.conduct(placed, joined);
    if (entry.record !== 'judged') this.waiting.set(job.id, job);
    boards.giveBack(macs);
    this.wake();
    onChange({ type: 'ended', job, entry });
    if ('finished' in end && 'outcome' in entry) await onFinished(job, end.finished);
  }

  /** Nothing runs and nothing could be given away: is there anything to wait for? */
  private async isHope(): Promise<boolean> {
    const { boards, graceMs = GRACE_MS } = this.options;
    await boards.refresh(boards.places);
    this.assign();
    if (this.running.size > 0) {
      this.strandedAt = undefined;
      return true;
    }
    const jobs = [...this.waiting.values()];
    if (this.assigner.someFits(jobs, boards.racked())) return true;
    this.strandedAt ??= Date.now();
    return Date.now() - this.strandedAt < graceMs && this.assigner.someFits(jobs, boards.outOfReach());
  }

  private async judgeRest(): Promise<void> {
    const { boards, ledger, onChange } = this.options;
    for (const job of this.waiting.values()) {
      const outcome = judgeStranded(job, this.stateOf(job), boards.all);
      const entry: LedgerEntry = { record: 'judged', job: job.id, outcome };
      await ledger.append(entry);
      onChange({ type: 'ended', job, entry });
    }
    this.waiting.clear();
  }

  /** Resolves when a job ends, the night is interrupted, or boards of others are to be looked at again. */
  private nextChange(): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(() => {
        void this.look().finally(done);
      }, this.options.pollMs ?? POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  private async look(): Promise<void> {
    if (this.isOver() && this.inLine.jobs.length === 0) return;
    this.away.ask();
    await this.options.boards.refresh().catch((error: unknown) => this.breakOff(error));
  }

  private stateOf(job: Job): JobState {
    return this.options.ledger.state.get(job.id)!;
  }

  private boardOf(mac: string): RackBoard | undefined {
    return this.options.boards.has(mac) ? this.options.boards.get(mac).board : undefined;
  }
}
