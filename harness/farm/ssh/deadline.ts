import { InfraError } from '../../errors.js';

/**
 * What a promise comes to, or an error when it takes too long or the signal aborts, whichever is first. The work itself goes on:
 * whoever started it ends it.
 * @param waitingFor completes "no ... within 5 s"
 * @throws InfraError `ssh-timeout`; the signal's reason
 */
export async function withDeadline<T>(
  work: Promise<T>,
  {
    waitingFor,
    timeoutMs,
    signal,
  }: { waitingFor: string; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<T> {
  signal?.throwIfAborted();
  const { promise: cut, reject } = withReject();
  const late = new InfraError('ssh-timeout', `no ${waitingFor} within ${timeoutMs / 1000} s`, { timeoutMs });
  const timer = setTimeout(() => reject(late), timeoutMs);
  const abort = (): void => reject(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, cut]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
