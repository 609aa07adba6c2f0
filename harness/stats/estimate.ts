/**
 * A statistic that may not exist: its value, or the reason why there is none. A value may come with a warning
 * as well. Absence is never 0 and never NaN.
 */
export type Estimate =
  | { readonly value: number; readonly warning?: string }
  | { readonly value?: undefined; readonly warning: string };

/** Why `values` cannot give a statistic that needs at least `least` finite values; undefined when they can. */
export function shortage(values: ArrayLike<number>, least: number): string | undefined {
  const bad = Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
  if (bad >= 0) return `value ${bad + 1} of ${values.length} is ${values[bad]}`;
  if (values.length >= least) return undefined;
  return values.length === 0 ? 'no values' : `needs at least ${least} values, there are ${values.length}`;
}

/** The statistic of enough finite values, or its absence with the reason. */
export function estimate(values: ArrayLike<number>, least: number, compute: () => number): Estimate {
  const warning = shortage(values, least);
  return warning === undefined ? { value: compute() } : { warning };
}

/** Ascending copy. */
export function ascending(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}
