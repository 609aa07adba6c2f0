import type { LineWriter } from './client.js';
import { toLine } from './line-protocol.js';

/** What of a bench event the feed looks at; `BenchEvent` (harness/bench) is one. */
export interface LiveEvent {
  readonly type: string;
  readonly board?: string;
  readonly repeat?: number;
  /** The board's clock at a token, microseconds since its generation began. */
  readonly us?: number;
  /** The ids of a whole generation, from a firmware that does not say them one by one. */
  readonly tokens?: readonly number[];
  readonly plan?: {
    readonly scenario: { readonly title: string };
    readonly boards: readonly { readonly id: string }[];
  };
}

type LiveState = 'flashing' | 'booting' | 'provisioning' | 'loading' | 'generating' | 'done';

/** What a board is at after an event. */
const STATE_AFTER: Readonly<Record<string, LiveState>> = {
  attempt: 'flashing',
  flash: 'flashing',
  flashed: 'booting',
  provisioning: 'provisioning',
  loading: 'loading',
  generation: 'generating',
  token: 'generating',
  generated: 'generating',
};

interface BoardLife {
  state: LiveState;
  tokens: number;
  /** Of the generation that goes on: tokens so far, and when the first and the last came. */
  made: number;
  firstUs: number | undefined;
  lastUs: number | undefined;
  /** Something is to be told. */
  fresh: boolean;
  toldAt: number;
}

const EVERY_MS = 1000;
const TIMEOUT_MS = 2000;
const PAUSE_AFTER_FAILURE_MS = 10_000;

/**
 * The measurement `live`, straight to the server: at most one point a second and board, one request at a time, nothing
 * kept but each board's newest state. Whatever fails is dropped without a word; nobody waits for it.
 */
export class LiveFeed implements Disposable {
  private boards = new Map<string, BoardLife>();
  private scenario = '';
  private cancel: (() => void) | undefined;
  private underWay = false;
  private telling: Promise<void> = Promise.resolve();
  private notBefore = 0;
  private closed = false;

  constructor(
    private readonly writer: LineWriter,
    private readonly now: () => number = Date.now,
    private readonly later: Later = afterMs,
  ) {}

  show(event: LiveEvent): void {
    if (event.plan !== undefined) this.begin(event.plan);
    const life = event.board === undefined ? undefined : this.boards.get(event.board);
    if (life === undefined) return;
    follow(life, event);
    this.schedule();
  }

  /** The run has its result: the one state that does not wait for its second, since the command may end now. */
  done(): void {
    for (const life of this.boards.values()) {
      life.state = 'done';
      life.fresh = true;
      life.toldAt = Number.NEGATIVE_INFINITY;
    }
    this.schedule();
  }

  /** Sends what is due, unless the server failed a moment ago. Never rejects; the writer's own deadline bounds it. */
  async sendLast(): Promise<void> {
    await this.telling;
    this.cancel?.();
    if (!this.closed && this.now() >= this.notBefore) await this.tell();
  }

  [Symbol.dispose](): void {
    this.closed = true;
    this.cancel?.();
  }

  private begin(plan: NonNullable<LiveEvent['plan']>): void {
    this.scenario = plan.scenario.title;
    const earlier = this.boards;
    this.boards = new Map(
      plan.boards.map(({ id }) => [
        id,
        { ...newLife(), toldAt: earlier.get(id)?.toldAt ?? Number.NEGATIVE_INFINITY },
      ]),
    );
  }

  private schedule(): void {
    if (this.closed || this.underWay || this.cancel !== undefined) return;
    const fresh = [...this.boards.values()].filter((life) => life.fresh);
    if (fresh.length === 0) return;
    const due = Math.max(this.notBefore, Math.min(...fresh.map((life) => life.toldAt + EVERY_MS)));
    this.cancel = this.later(Math.max(0, due - this.now()), () => {
      this.telling = this.tell();
    });
  }

  private async tell(): Promise<void> {
    this.cancel = undefined;
    const lines = this.dueLines(this.now());
    if (lines.length > 0) {
      this.underWay = true;
      const answer = await this.writer.write(lines, TIMEOUT_MS);
      this.underWay = false;
      if (answer?.kind !== 'written') this.notBefore = this.now() + PAUSE_AFTER_FAILURE_MS;
    }
    this.schedule();
  }

  private dueLines(now: number): string[] {
    const due = [...this.boards].filter(([, life]) => life.fresh && now - life.toldAt >= EVERY_MS);
    return due.map(([board, life]) => {
      life.fresh = false;
      life.toldAt = now;
      return this.lineOf(board, life, now);
    });
  }

  private lineOf(board: string, life: BoardLife, now: number): string {
    const rate = tokenRate(life);
    return toLine({
      measurement: 'live',
      tags: { board, scenario: this.scenario },
      fields: {
        state: life.state,
        tokens: BigInt(life.tokens),
        ...(rate === undefined ? {} : { token_rate: rate }),
      },
      timestampNs: BigInt(Math.floor(now)) * 1_000_000n,
    });
  }
}

/** Calls `act` some time later; what it returns keeps that from happening. */
export type Later = (ms: number, act: () => void) => () => void;

/** A timer that no process stays for. */
const afterMs: Later = (ms, act) => {
  const timer = setTimeout(act, ms).unref();
  return () => clearTimeout(timer);
};

function newLife(): Omit<BoardLife, 'toldAt'> {
  return { state: 'flashing', tokens: 0, made: 0, firstUs: undefined, lastUs: undefined, fresh: false };
}

function follow(life: BoardLife, event: LiveEvent): void {
  const state = STATE_AFTER[event.type];
  if (state === undefined) return;
  life.state = state;
  life.fresh = true;
  if (event.type === 'generation') Object.assign(life, { made: 0, firstUs: undefined, lastUs: undefined });
  if (event.type === 'generated' && life.made === 0) life.tokens += event.tokens?.length ?? 0;
  if (event.type !== 'token') return;
  life.tokens++;
  life.made++;
  life.firstUs ??= event.us;
  life.lastUs = event.us;
}

/** Tokens a second by the board's clock, as DESIGN.md counts a decode rate; undefined before the second token. */
function tokenRate({ state, made, firstUs, lastUs }: BoardLife): number | undefined {
  if (state !== 'generating' || firstUs === undefined || lastUs === undefined || lastUs <= firstUs)
    return undefined;
  return ((made - 1) * 1e6) / (lastUs - firstUs);
}
