import type { InfluxClient } from './client.js';
import type { DrainOutcome, Sender } from './sender.js';

/** First and longest pause before the server is tried again. */
const PAUSE_MS = { first: 250, most: 5_000 };

export interface FlushOptions {
  readonly sender: Sender;
  readonly client: InfluxClient;
  readonly timeoutMs: number;
  /** Whether a server that nobody is at is tried again too: it may be restarting. */
  readonly waitForServer: boolean;
  readonly signal: AbortSignal;
}

/**
 * Sends until nothing waits, trying again while the server does not take points, or another process sends; no longer
 * than the timeout. Where nobody is at the server's address it tries once, unless it is to wait for one. Never throws.
 */
export async function flush({
  sender,
  client,
  timeoutMs,
  waitForServer,
  signal,
}: FlushOptions): Promise<DrainOutcome> {
  const end = new AbortController();
  const ended = end.signal;
  const stop = (): void => {
    end.abort();
    sender.stop('there was no more time');
    client.abort();
  };
  const timer = setTimeout(stop, timeoutMs);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  try {
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most)) {
      const outcome = await sender.drain();
      if (outcome.kind === 'empty' || ended.aborted) return outcome;
      if (outcome.kind === 'stopped' && client.foundNobody && !waitForServer) return outcome;
      await pause(pauseMs, ended);
      if (ended.aborted) return outcome;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      ended.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    ended.addEventListener('abort', end);
  });
}
