import { ascending, type Estimate, estimate } from './estimate.js';

/**
 * The value below which `percent` (0 .. 100) of the values lie, linear between the two nearest order statistics (R's type
 * 7, NumPy's default; position (n - 1) * percent / 100). Assumes nothing about the distribution. Needs 1 value.
 */
export function percentile(values: ArrayLike<number>, percent: number): Estimate {
  if (!(percent >= 0 && percent <= 100)) return { warning: `percentile ${percent} is not within 0 to 100` };
  return estimate(values, 1, () => interpolate(ascending(values), percent));
}

/** `percentile` of values that are already in ascending order and at least one. */
export function interpolate(sorted: Float64Array, percent: number): number {
  const position = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
