import type { Estimate } from './estimate.js';
import { shortage } from './estimate.js';
import { total } from './mean.js';

export interface Work {
  /** How much was done: tokens, bytes. */
  readonly count: number;
  readonly timeUs: number;
}

/**
 * Rate a second of several pieces of work together: total count over total time, never a mean of rates, which would
 * weigh short pieces like long ones. Assumes that the pieces did not overlap. Needs some time.
 */
export function totalRate(pieces: readonly Work[]): Estimate {
  const counts = pieces.map((piece) => piece.count);
  const times = pieces.map((piece) => piece.timeUs);
  const missing = shortage(counts, 1) ?? shortage(times, 1);
  if (missing !== undefined) return { warning: missing };
  const timeUs = total(times);
  if (timeUs <= 0) return { warning: `${timeUs} us in all: no rate` };
  return { value: (total(counts) * 1e6) / timeUs };
}
