import type { ModemLines } from './reset-pins.js';
import type { HostMessage } from './thread-messages.js';

/** How long a board may take, by the wall clock, to notice its reset before it counts as hung. */
export const HANG_GRACE_MS = 1000;

/** A reset that was not noticed, and what the host did after it. */
export interface UnnoticedReset {
  readonly lines: ModemLines;
  readonly messages: readonly HostMessage[];
}

interface Waiting {
  readonly lines: ModemLines;
  readonly messages: HostMessage[];
  /** Since the first of several resets that were not noticed; absent as long as the thread does not run. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Tells when a board does not notice its reset: it hangs in a loop of its own. A thread that has not started yet does not hang, however
 * long a busy machine takes to start it, and each one that was given up gives the next twice as long.
 */
export class ResetWatch {
  readonly #onHung: (reset: UnnoticedReset) => void;
  #running = false;
  #sequence = 0;
  #graceMs = HANG_GRACE_MS;
  #waiting: Waiting | undefined;

  /** @param onHung is to start another thread; whatever comes of it is told again */
  constructor(onHung: (reset: UnnoticedReset) => void) {
    this.#onHung = onHung;
  }

  /** A new thread is on its way. */
  threadStarts(): void {
    this.#running = false;
  }

  /** The thread takes messages. */
  threadRuns(): void {
    this.#running = true;
    this.#count();
  }

  /** EN falls. Returns the sequence number of the message that says so. */
  reset(lines: ModemLines): number {
    const timer = this.#waiting?.timer;
    this.#waiting = { lines, messages: [], timer };
    if (timer === undefined && this.#running) this.#count();
    this.#sequence += 1;
    return this.#sequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Every other message to the thread, in its order. */
  sent(message: HostMessage): void {
    this.#waiting?.messages.push(message);
  }

  /** The thread noticed a reset. One that is not the last shows that it lives: it has its time again. */
  noticed(sequence: number): void {
    this.#graceMs = HANG_GRACE_MS;
    if (sequence === this.#sequence) this.end();
    else this.#count();
  }

  /** Nothing is waited for any more. */
  end(): void {
    clearTimeout(this.#waiting?.timer);
    this.#waiting = undefined;
  }

  #count(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    // The answer may have arrived and wait behind this timer: let the loop deliver it first.
    const timer = setTimeout(() => setImmediate(() => this.#expire(timer)), this.#graceMs);
    waiting.timer = timer;
  }

  #expire(timer: NodeJS.Timeout): void {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.timer !== timer) return;
    this.end();
    this.#graceMs *= 2;
    this.#onHung(waiting);
  }
}
