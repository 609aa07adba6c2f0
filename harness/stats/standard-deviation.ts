import { type Estimate, estimate } from './estimate.js';
import { total } from './mean.js';

/**
 * Sample standard deviation, with n - 1. Assumes independent values of one distribution with a finite variance.
 * Needs 2 values.
 */
export function standardDeviation(values: ArrayLike<number>): Estimate {
  return estimate(values, 2, () => {
    const centre = total(values) / values.length;
    const squares = Float64Array.from(values, (value) => (value - centre) ** 2);
    return Math.sqrt(total(squares) / (values.length - 1));
  });
}

/** Standard error of the mean: deviation / sqrt(n). Assumes what `standardDeviation` does. Needs 2 values. */
export function standardError(values: ArrayLike<number>): Estimate {
  const deviation = standardDeviation(values);
  if (deviation.value === undefined) return deviation;
  return { value: deviation.value / Math.sqrt(values.length) };
}
