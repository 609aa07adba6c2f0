import { ascending, type Estimate, estimate } from '../stats/estimate.js';
import { mean, total } from '../stats/mean.js';
import { interpolate } from '../stats/percentile.js';
import { standardError } from '../stats/standard-deviation.js';
import type { PositionQuality } from './quality.js';

export interface MeanWithError {
  readonly mean: Estimate;
  /** Of the mean; assumes independent positions, which text is not quite: take it as a lower bound. */
  readonly standardError: Estimate;
}

/** `percent` to value, with linear interpolation; 0 and 100 are minimum and maximum. */
export interface PercentileValue {
  readonly percent: number;
  readonly value: number;
}

/** What a weight format cost against float32, over many positions: the statistics of llama.cpp's perplexity tool. */
export interface QualitySummary {
  readonly positions: number;
  readonly klDivergence: MeanWithError & { readonly percentiles: readonly PercentileValue[] };
  readonly maxAbsDelta: Estimate;
  /** Share of positions with the same most probable token, 0 .. 1. */
  readonly topTokenAgreement: Estimate;
  /** ln(PPL_test / PPL_reference): the mean of the paired differences, and their standard error. */
  readonly lnPerplexityRatio: MeanWithError;
  /** p_test - p_reference of the true token, -1 .. 1. */
  readonly deltaProbability: MeanWithError & {
    readonly rootMeanSquare: Estimate;
    readonly percentiles: readonly PercentileValue[];
  };
  /** One line each; empty when nothing is wrong. */
  readonly findings: readonly string[];
}

const PERCENTS = [0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100] as const;

/**
 * No KL divergence is below 0. Ours is a sum of terms p * x with sum p = 1, in binary64 with a compensated sum: its rounding
 * error is about |x| * 2^-52, so that even logits 1000 apart stay within this bound.
 */
const KL_ROUNDING = 1e-12;

export function summarizeQuality(positions: readonly PositionQuality[]): QualitySummary {
  const divergences = positions.map((one) => one.klDivergence);
  const logRatios = positions.map((one) => one.referenceLogProbability - one.testLogProbability);
  const deltas = positions.map(
    (one) => Math.exp(one.testLogProbability) - Math.exp(one.referenceLogProbability),
  );
  const largestDeltas = positions.map((one) => one.maxAbsDelta);
  return {
    positions: positions.length,
    klDivergence: { ...meanWithError(divergences), percentiles: percentilesOf(divergences) },
    maxAbsDelta: estimate(largestDeltas, 1, () => ascending(largestDeltas).at(-1)!),
    topTokenAgreement: mean(positions.map((one) => (one.topTokenEqual ? 1 : 0))),
    lnPerplexityRatio: meanWithError(logRatios),
    deltaProbability: {
      ...meanWithError(deltas),
      rootMeanSquare: estimate(deltas, 1, () => rootMeanSquare(deltas)),
      percentiles: percentilesOf(deltas),
    },
    findings: negativeDivergences(divergences),
  };
}

function meanWithError(values: readonly number[]): MeanWithError {
  return { mean: mean(values), standardError: standardError(values) };
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(total(values.map((value) => value * value)) / values.length);
}

function percentilesOf(values: readonly number[]): PercentileValue[] {
  if (values.length === 0) return [];
  const sorted = ascending(values);
  return PERCENTS.map((percent) => ({ percent, value: interpolate(sorted, percent) }));
}

function negativeDivergences(divergences: readonly number[]): string[] {
  const negative = divergences.flatMap((value, position) => (value < -KL_ROUNDING ? [position] : []));
  if (negative.length === 0) return [];
  const first = negative[0]!;
  const where = `the first at position ${first} (${divergences[first]!.toExponential(3)})`;
  return [
    `KL divergence is negative at ${negative.length} of ${divergences.length} positions, ${where}: a bug in the comparison`,
  ];
}
