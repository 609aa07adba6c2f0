import { InfraError } from '../errors.js';

export interface PatienceOptions {
  /** Of the night: an interrupted one still takes its jobs back. */
  readonly signal: AbortSignal;
  /** When the night's time is up, in milliseconds since the epoch. */
  readonly untilMs?: number;
  /** For people, without its password. */
  readonly url: string;
  /** How long Redis is waited for after the night was interrupted, or its time was up. */
  readonly lastMs?: number;
}

const LAST_MS = 15_000;

/**
 * How long a night waits for Redis: for ever as long as it has time. An open queue is waited for some time longer, for the outcomes of what runs; one
 * that is not open has none, and need only have had the time to answer.
 */
export class QueuePatience implements Disposable {
  private readonly ending = new AbortController();
  private readonly lastMs: number;
  private readonly timers = new Set<NodeJS.Timeout>();
  private isOpen = false;

  constructor(private readonly options: PatienceOptions) {
    const { signal, untilMs, lastMs = LAST_MS } = options;
    this.lastMs = lastMs;
    if (signal.aborted) this.interrupted();
    signal.addEventListener('abort', this.interrupted);
    if (untilMs === undefined) return;
    this.after(Math.max(untilMs - Date.now(), this.lastMs / 3), () => {
      if (!this.isOpen) this.giveUp('did not answer, and');
    });
  }

  /** Aborts when Redis is to be waited for no longer: by an InfraError `queue-away`, or the night's own reason. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** The queue is open. `ask` resolves when Redis answers; it is called now and then once the time is up. */
  watch(ask: () => Promise<unknown>): void {
    this.isOpen = true;
    const { untilMs } = this.options;
    if (untilMs !== undefined) this.after(untilMs - Date.now(), () => this.look(ask));
  }

  [Symbol.dispose](): void {
    this.options.signal.removeEventListener('abort', this.interrupted);
    for (const timer of this.timers) clearTimeout(timer);
  }

  private look(ask: () => Promise<unknown>): void {
    const silent = this.after(this.lastMs, () => this.giveUp('does not answer, and'));
    const again = (): void => {
      clearTimeout(silent);
      if (!this.ending.signal.aborted) this.after(this.lastMs / 5, () => this.look(ask));
    };
    // What it says otherwise is told to whoever asks for something.
    ask().then(again, again);
  }

  private readonly interrupted = (): void => {
    this.after(this.lastMs, () => this.ending.abort(this.options.signal.reason));
  };

  private giveUp(what: string): void {
    const message = `Redis at ${this.options.url} ${what} the night's time is up`;
    this.ending.abort(new InfraError('queue-away', message));
  }

  private after(ms: number, then: () => void): NodeJS.Timeout {
    const timer = setTimeout(then, Math.max(0, ms));
    this.timers.add(timer);
    return timer;
  }
}
