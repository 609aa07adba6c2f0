import { setImmediate } from 'node:timers/promises';

/** Lets timers and I/O have their turn during long computations. */
export async function pause(): Promise<void> {
  await setImmediate();
}
