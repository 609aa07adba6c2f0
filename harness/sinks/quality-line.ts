import type { RunResult } from '../results/result.js';

/** What the run's weight format costs against float32, in one line, and what is wrong with the comparison; empty when there was none. */
export function formatQuality({ quality }: Pick<RunResult, 'quality'>): string {
  if (quality === undefined) return '';
  const { positions, klMean, topTokenAgreement, lnPerplexityRatio, findings } = quality;
  const facts = [
    `mean KL ${klMean.toExponential(1)}`,
    `top-1 ${percentBelow(topTokenAgreement)}%`,
    `perplexity x ${Math.exp(lnPerplexityRatio).toFixed(4)}`,
  ];
  const line = `quality against float32 over ${positions} positions: ${facts.join(', ')}`;
  return [line, ...findings.map((finding) => `  ${finding}`)].join('\n');
}

/** Rounded down: one disagreement in many must not read as 100%. */
function percentBelow(share: number): number {
  return Math.floor(share * 10_000) / 100;
}
