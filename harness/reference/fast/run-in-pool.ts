import type { Tinypool } from 'tinypool';

/** Has a thread do a task. An interruption rejects with the signal's own reason, not with the pool's error about it. */
export async function runInPool<T>(
  pool: Tinypool,
  task: unknown,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return (await pool.run(task, signal === undefined ? {} : { signal })) as T;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
