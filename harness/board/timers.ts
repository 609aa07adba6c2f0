/** The clock and the timers that waiting code uses: injected, so that tests need no sleep. */
export interface Timers {
  /** Monotonic microseconds; on a virtual link the arrival's virtual time. Stamps captures. */
  nowUs(): number;
  /** Calls `callback` once after `delayMs`. Returns how to cancel it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The host's own monotonic clock. */
export const hostTimers: Timers = {
  nowUs: () => Math.round(performance.now() * 1000),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
