import type { Job as BullJob } from 'bullmq';
import { InfraError } from '../../errors.js';

/** A job's lock, renewed until disposed of. */
export interface KeptLock extends Disposable {
  /** Aborts with the InfraError `lock-lost`: the job is somebody else's, or nobody's any more. */
  readonly signal: AbortSignal;
}

/**
 * Renews the lock every quarter of its time. While Redis is away nothing is known and the lock counts as held: whether it
 * still is comes out when Redis is back.
 */
export function keepLock(bull: BullJob, token: string, lockMs: number): KeptLock {
  const lost = new AbortController();
  let asking = false;
  const renew = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      if ((await bull.extendLock(token, lockMs)) !== 1) lost.abort(lockLost(bull));
    } catch {
      // Redis cannot now: the next one may.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void renew(), lockMs / 4);
  return { signal: lost.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

function lockLost({ id }: BullJob): InfraError {
  return new InfraError(
    'lock-lost',
    `${id} is not this worker's any more: its lock expired or was taken away`,
  );
}

/** What BullMQ says when a job is not there any more, has no lock, or another's. */
const NOT_OURS: readonly unknown[] = [-1, -2, -3, -6];

export function isNotOurs(error: unknown): boolean {
  return error instanceof Error && NOT_OURS.includes((error as { code?: unknown }).code);
}
