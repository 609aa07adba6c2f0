import { besideNaive, naiveFigures } from '../beside-naive.js';
import type { ValidationReport } from '../validation-report.js';

/** A line for each build whose perplexity is no better than the naive one's of the same model and bits. */
export function worseThanNaive(reports: readonly ValidationReport[]): string[] {
  return besideNaive(reports)
    .filter(({ beats }) => !beats)
    .map((pair) => `${pair.report.build.name} does not beat ${pair.naive.build.name}: ${naiveFigures(pair)}`);
}
