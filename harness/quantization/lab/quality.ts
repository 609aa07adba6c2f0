import type { PositionQuality } from '../../reference/quality.js';
import { type MeanWithError, summarizeQuality } from '../../reference/quality-summary.js';
import { mean } from '../../stats/mean.js';
import type { ValidationReport } from '../validation-report.js';

export type ScoredText = ValidationReport['quality']['text'];
export type Scores = Omit<ValidationReport['quality'], 'prompts' | 'task'>;

/** What a build lost, over all positions of a text; at least one. */
export function describeScores(positions: readonly PositionQuality[], text: ScoredText): Scores {
  const summary = summarizeQuality(positions);
  const perplexity = (pick: (one: PositionQuality) => number): number =>
    Math.exp(-mean(positions.map(pick)).value!);
  return {
    text,
    perplexity: {
      base: perplexity((one) => one.referenceLogProbability),
      build: perplexity((one) => one.testLogProbability),
      lnRatio: estimated(summary.lnPerplexityRatio),
    },
    klDivergence: estimated(summary.klDivergence),
    topTokenAgreement: summary.topTokenAgreement.value!,
    deltaProbability: estimated(summary.deltaProbability),
    maxAbsDelta: summary.maxAbsDelta.value!,
  };
}

function estimated({ mean: { value }, standardError }: MeanWithError): Scores['klDivergence'] {
  const error = standardError.value;
  return { value: value!, ...(error === undefined ? {} : { standardError: error }) };
}
