import { z } from 'zod';
import type { QualitySummary } from '../reference/quality-summary.js';

/**
 * How far the model in its format is from the float32 checkpoint, over the run's own prompts and what the reference made of
 * them (teacher-forced: every position but the first of each). Computed by the host: a board that is conform to the bit has
 * exactly this quality, and of one that is not it says nothing.
 */
export const referenceQualitySchema = z.object({
  prompts: z.int(),
  positions: z.int(),
  /** KL(float32 || format), nats. */
  klMean: z.number(),
  /** Of the mean; absent with a single position. */
  klStandardError: z.number().optional(),
  klP99: z.number(),
  /** Share of positions with the same most probable token, 0 .. 1. */
  topTokenAgreement: z.number(),
  /** ln(perplexity in the format / perplexity in float32). */
  lnPerplexityRatio: z.number(),
  lnPerplexityRatioStandardError: z.number().optional(),
  maxAbsDelta: z.number(),
  /** What is wrong with the comparison itself, for people. */
  findings: z.array(z.string()),
});
export type ReferenceQuality = z.output<typeof referenceQualitySchema>;

/** Of a summary what a run keeps; undefined when there was no position to compare. */
export function describeQuality(summary: QualitySummary, prompts: number): ReferenceQuality | undefined {
  const { positions, klDivergence, topTokenAgreement, lnPerplexityRatio, maxAbsDelta, findings } = summary;
  const klP99 = klDivergence.percentiles.find(({ percent }) => percent === 99)?.value;
  const values = [klDivergence.mean, topTokenAgreement, lnPerplexityRatio.mean, maxAbsDelta];
  const [klMean, agreement, lnRatio, largest] = values.map(({ value }) => value);
  if (klP99 === undefined || klMean === undefined || agreement === undefined) return undefined;
  if (lnRatio === undefined || largest === undefined) return undefined;
  const klError = klDivergence.standardError.value;
  const lnError = lnPerplexityRatio.standardError.value;
  return {
    prompts,
    positions,
    klMean,
    ...(klError === undefined ? {} : { klStandardError: klError }),
    klP99,
    topTokenAgreement: agreement,
    lnPerplexityRatio: lnRatio,
    ...(lnError === undefined ? {} : { lnPerplexityRatioStandardError: lnError }),
    maxAbsDelta: largest,
    findings: [...findings],
  };
}
