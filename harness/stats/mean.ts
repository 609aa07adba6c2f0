import { type Estimate, estimate } from './estimate.js';

/** Arithmetic mean. Assumes that the sum has a meaning: do not use it for rates (see `totalRate`). Needs 1 value. */
export function mean(values: ArrayLike<number>): Estimate {
  return estimate(values, 1, () => total(values) / values.length);
}

/** Neumaier's compensated sum, so that a long series of small terms keeps its digits. */
export function total(values: ArrayLike<number>): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}
