import { ascending, shortage } from './estimate.js';

/** An interval for the median; a bound that the data cannot give is absent, which means unbounded on that side. */
export interface MedianInterval {
  readonly low?: number;
  readonly high?: number;
  /** The probability, before the data were seen, that the interval covers the median; absent without bounds. */
  readonly coverage?: number;
  readonly warning?: string;
}

/**
 * The order-statistic interval of the median: from the k-th smallest to the k-th largest value, k as large as a
 * coverage of at least `confidence` allows. Exact for independent values of one continuous distribution of any shape
 * (sign test; Conover, Practical Nonparametric Statistics, 3.2). At 0.95 fewer than 6 values give no bounds, as
 * benchstat has it.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): MedianInterval {
  const missing = shortage(values, 1);
  if (missing !== undefined) return { warning: missing };
  const n = values.length;
  const { rank, outside } = outermostRank(n, (1 - confidence) / 2);
  if (rank === 0) {
    const warning = `needs at least ${leastCount(confidence)} values for a ${confidence * 100} % interval of the median, there are ${n}`;
    return { warning };
  }
  const sorted = ascending(values);
  return { low: sorted[rank - 1]!, high: sorted[n - rank]!, coverage: 1 - 2 * outside };
}

/** The largest rank whose tail P(Binomial(n, 1/2) < rank) is at most `tail`, and that probability. */
function outermostRank(n: number, tail: number): { readonly rank: number; readonly outside: number } {
  let outside = 0;
  for (let rank = 0; ; rank++) {
    const wider = outside + binomialHalf(n, rank);
    if (wider > tail) return { rank, outside };
    outside = wider;
  }
}

/** P(Binomial(n, 1/2) = k), by logarithms, since 2^-n vanishes for n > 1074. */
function binomialHalf(n: number, k: number): number {
  let logarithm = -n * Math.LN2;
  for (let i = 1; i <= k; i++) logarithm += Math.log((n - k + i) / i);
  return Math.exp(logarithm);
}

/** The extremes cover the median with probability 1 - 2 * 2^-n. */
function leastCount(confidence: number): number {
  return Math.ceil(1 - Math.log2(1 - confidence));
}
