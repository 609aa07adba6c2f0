import { type Estimate, estimate } from './estimate.js';
import { total } from './mean.js';

/** Geometric mean: the mean of ratios and of quantities of unlike size. Assumes positive values. Needs 1 value. */
export function geometricMean(values: readonly number[]): Estimate {
  const bad = values.findIndex((value) => value <= 0);
  if (bad >= 0) return { warning: `value ${bad + 1} of ${values.length} is ${values[bad]}, not positive` };
  return estimate(values, 1, () => Math.exp(total(values.map((value) => Math.log(value))) / values.length));
}
