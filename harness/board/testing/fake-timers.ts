import type { Timers } from '../timers.js';

interface Due {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that moves only when a test says so. */
export class FakeTimers implements Timers {
  private nowMs = 0;
  private readonly due = new Set<Due>();

  nowUs(): number {
    return this.nowMs * 1000;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry: Due = { atMs: this.nowMs + delayMs, callback };
    this.due.add(entry);
    return () => this.due.delete(entry);
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.due.size;
  }

  /** Advances by `ms`, calling what falls due on the way in order. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let next = this.next(untilMs); next !== undefined; next = this.next(untilMs)) {
      this.due.delete(next);
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = untilMs;
  }

  private next(untilMs: number): Due | undefined {
    return [...this.due].filter((entry) => entry.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }
}
