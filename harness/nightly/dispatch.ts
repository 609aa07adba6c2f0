import type { BenchEvent } from '../bench/events.js';
import type { Job } from '../farm/jobs/job.js';
import type { RackBoard } from '../rack/rack-schema.js';
import { assign } from '../schedule/assign.js';
import type { RackedBoard, WaitingJob } from '../schedule/waiting-job.js';
import { afterTry, type TryEnd } from './after-try.js';
import type { JobState } from './fold-ledger.js';
import { judgeStranded } from './judge-stranded.js';
import type { LedgerEntry } from './ledger-records.js';
import type { NightBoards } from './night-boards.js';
import type { NightRun } from './night-run.js';
import { type PlacedTry, runTry } from './run-try.js';
import { TriesInLine } from './tries-in-line.js';
import { asWaiting, fitsSome } from './waiting-jobs.js';

export interface DispatchOptions extends NightRun {
  readonly boards: NightBoards;
  /** Id of the build that a job flashes, when it is known. */
  readonly buildOf?: (job: Job) => string | undefined;
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
  private wake: () => void = () => {};
  /** Stops everything when the night itself cannot go on. */
  private readonly broken = new AbortController();
  private readonly signal: AbortSignal;
  private trouble: { readonly error: unknown } | undefined;
  private asksAway = false;
  /** Since when only boards that cannot be reached are missing. */
  private strandedAt: number | undefined;

  constructor(private readonly options: DispatchOptions) {
    this.signal = AbortSignal.any([options.signal, this.broken.signal]);
    this.signal.addEventListener('abort', () => this.wake());
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
    const { boards } = this.options;
    const racked = boards.racked();
    const waiting = (jobs: Iterable<Job>) => this.asWaiting(jobs, racked);
    for (const one of assign(waiting(this.waiting.values()), racked)) this.start(one.job, one.boards);
    const held = boards.heldInLine();
    if (held.length === 0) return;
    // Only who cannot be helped by a board of ours goes to stand in line for somebody else's.
    const heldMacs = new Set(held.map(({ mac }) => mac));
    const ours = racked.filter(({ mac }) => !heldMacs.has(mac));
    const inLine = waiting(this.waiting.values()).filter((job) => !fitsSome(job, ours));
    for (const one of assign(inLine, held)) this.start(one.job, one.boards);
  }

  private asWaiting(jobs: Iterable<Job>, racked: readonly RackedBoard[]): WaitingJob[] {
    return [...jobs].map((job) => asWaiting(job, this.stateOf(job), this.options.buildOf?.(job), racked));
  }

  /** A place in line is given up only for a board that is free, and when the night's time is up. */
  private leaveLines(): void {
    const { jobs } = this.inLine;
    if (jobs.length === 0) return;
    if (this.isLate()) {
      for (const job of jobs)
        this.inLine.leave(job, "somebody else has its board, and the night's time is up");
      return;
    }
    const racked = this.options.boards.racked();
    const free = racked.filter(({ busy }) => busy !== true);
    for (const { job: id } of assign(this.asWaiting(jobs, racked), free))
      this.inLine.leave({ id }, 'somebody else has its board, and another is free');
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

  /** Runs or joins a try that the ledger has as started, and puts down what it came to. */
  private async finish(placed: PlacedTry, joined: boolean): Promise<void> {
    const { job, try: number, place, macs, boards } = placed;
    const { ledger, onChange } = this.options;
    const startedAt = new Date().toISOString();
    onChange({ type: 'started', job, try: number, boards, joined });
    const end = await this.runInLine(placed);
    const entry = afterTry({ ...this.factsOf(job), try: number, boards, startedAt, joined }, end);
    await ledger.append(entry);
    await this.lookAfter(place, macs, entry);
    if (entry.record !== 'judged') this.waiting.set(job.id, job);
    this.options.boards.giveBack(macs);
    this.wake();
    onChange({ type: 'ended', job, entry });
    if ('finished' in end && 'outcome' in entry) await this.options.onFinished(job, end.finished);
  }

  private factsOf(job: Job) {
    const { retries, nightFolder } = this.options;
    const broken = this.trouble === undefined ? {} : { brokenOff: String(this.trouble.error) };
    return {
      job,
      retries,
      nightFolder,
      interrupted: this.signal.aborted,
      ...broken,
      state: this.stateOf(job),
    };
  }

  private async runInLine(placed: PlacedTry): Promise<TryEnd> {
    const { job } = placed;
    const { runsFolder, boards } = this.options;
    const leaving = this.inLine.begin(job);
    const onEvent = (event: BenchEvent): void => {
      this.inLine.note(job, event);
      this.options.onEvent(job, event);
    };
    const signal = AbortSignal.any([this.signal, leaving]);
    try {
      return await runTry(placed, boards.places, { runsFolder, onEvent, signal });
    } finally {
      this.inLine.end(job);
    }
  }

  /** A board that failed may be in quarantine now; one that was refused is somebody else's. */
  private async lookAfter(place: string, macs: readonly string[], entry: LedgerEntry): Promise<void> {
    const { boards } = this.options;
    if (entry.record === 'refused') for (const mac of macs) boards.found(mac, 'held', entry.why);
    else if (!this.signal.aborted && (entry.record !== 'judged' || entry.outcome.verdict === 'infra-fail')) {
      const there = boards.places.filter((one) => one.name === place && one.away === undefined);
      await boards.refresh(there, macs);
    }
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
    if (this.someFits(boards.racked())) return true;
    this.strandedAt ??= Date.now();
    return Date.now() - this.strandedAt < graceMs && this.someFits(boards.outOfReach());
  }

  private someFits(racked: readonly RackedBoard[]): boolean {
    return [...this.waiting.values()].some((job) =>
      fitsSome(asWaiting(job, this.stateOf(job), undefined, racked), racked),
    );
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
    this.askAway();
    await this.options.boards.refresh().catch((error: unknown) => this.breakOff(error));
  }

  /** Places that are away are asked in the background: it may take them long to say nothing. */
  private askAway(): void {
    const { boards } = this.options;
    const away = boards.places.filter((place) => place.away !== undefined);
    if (away.length === 0 || this.asksAway) return;
    this.asksAway = true;
    void boards
      .refresh(away)
      .catch((error: unknown) => this.breakOff(error))
      .finally(() => {
        this.asksAway = false;
      });
  }

  private stateOf(job: Job): JobState {
    return this.options.ledger.state.get(job.id)!;
  }

  private boardOf(mac: string): RackBoard | undefined {
    return this.options.boards.has(mac) ? this.options.boards.get(mac).board : undefined;
  }
}
