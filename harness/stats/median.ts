import { ascending, type Estimate, estimate } from './estimate.js';

/** The middle value, or the mean of the two middle ones. Assumes nothing about the distribution. Needs 1 value. */
export function median(values: readonly number[]): Estimate {
  return estimate(values, 1, () => {
    const sorted = ascending(values);
    const upper = Math.floor(sorted.length / 2);
    if (sorted.length % 2 === 1) return sorted[upper]!;
    return (sorted[upper - 1]! + sorted[upper]!) / 2;
  });
}
