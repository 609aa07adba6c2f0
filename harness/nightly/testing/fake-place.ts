import type { BenchListener } from '../../bench/events.js';
import { InfraError } from '../../errors.js';
import type { Job, JobOutcome } from '../../farm/jobs/job.js';
import type { BoardStatus, Finished, Place, PlaceRunOptions } from '../../farm/place.js';
import type { RackBoard } from '../../rack/rack-schema.js';

export interface FakeRun {
  readonly job: Job;
  readonly try: number;
  readonly boards: readonly string[];
  readonly signal: AbortSignal;
  readonly onEvent: BenchListener;
}

/** What a run comes to: a verdict, or the code of the place's error. May wait for the test. */
export type Play = (run: FakeRun) => Played | Promise<Played>;
export type Played = Verdict | { readonly code: string };
type Verdict = JobOutcome['verdict'];

/** Stands in line before a board, which it never gets. */
export function standInLine({ boards: [board], signal, onEvent }: FakeRun): Promise<Played> {
  onEvent({ type: 'waiting', board: board!, position: 1, holder: undefined });
  return new Promise((done) => {
    signal.addEventListener('abort', () => done({ code: signal.reason.code }));
  });
}

/** A place that does what a test says, and keeps what it was asked for. As every place, it runs no job and try twice. */
export class FakePlace implements Place {
  readonly runs: FakeRun[] = [];
  /** Boards that are not free, by MAC. */
  readonly states = new Map<string, Omit<BoardStatus, 'mac'>>();
  /** Job and try of every run that did something. */
  private readonly begun = new Set<string>();

  constructor(
    readonly name: string,
    readonly boards: readonly RackBoard[],
    private readonly play: Play,
  ) {}

  async status(): Promise<readonly BoardStatus[]> {
    return this.boards.map(({ mac }) => ({ mac, ...(this.states.get(mac) ?? { state: 'free' }) }));
  }

  async run(
    job: Job,
    placement: { readonly try: number; readonly boards: readonly RackBoard[] },
    { signal, onEvent }: PlaceRunOptions,
  ): Promise<Finished> {
    const run = { job, try: placement.try, boards: placement.boards.map(({ id }) => id), signal, onEvent };
    this.runs.push(run);
    const startedAt = new Date().toISOString();
    const played = await this.play(run);
    if (typeof played === 'object') throw new InfraError(played.code, `${job.title}: ${played.code}`);
    const key = `${job.id} ${placement.try}`;
    if (this.begun.has(key)) throw new Error(`${key} was run twice`);
    this.begun.add(key);
    const failures = played === 'pass' ? [] : [{ class: played, message: `${job.title} is ${played}` }];
    const boards = placement.boards.map(({ id, mac }) => ({ id, mac }));
    const endedAt = new Date().toISOString();
    const outcome = { job: job.id, try: placement.try, verdict: played, failures, boards };
    return { outcome: { ...outcome, machine: this.name, startedAt, endedAt } };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
