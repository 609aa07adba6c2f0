import { setTimeout as delay } from 'node:timers/promises';
import type { QueueListener } from './queue-event.js';

/** What Redis says when it cannot now and will again: memory or disk full, just starting, a replica; and a batch that was cut in two. */
const PASSING =
  /\b(OOM|MISCONF|LOADING|READONLY|BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|NOREPLICAS)\b|aborted due to connection close/;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** The promise's value; the signal's reason when that aborts first, whatever becomes of the promise then. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Whether it is still to go on: false as soon as the signal aborts. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => {});
  return !signal.aborted;
}

/**
 * Does it again, with growing pauses, as long as Redis says that it cannot now; a Redis that is away is waited for by the
 * connection itself. @throws the signal's reason when it aborts; whatever else `command` throws
 */
export async function persist<T>(
  command: () => Promise<T>,
  signal: AbortSignal,
  onEvent: QueueListener,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await orAborted(command(), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const { message } = error as Error;
      if (!(error instanceof Error) || !PASSING.test(message)) throw error;
      onEvent({
        type: 'warning',
        code: 'redis-cannot',
        message: `Redis cannot now, tried again: ${message}`,
      });
      await pauseFor(pauseMs, signal);
    }
  }
}
