import type { MeasurementName } from '../results/measurement-catalogue.js';
import type { RunResult } from '../results/result.js';
import { geometricMean } from '../stats/geometric-mean.js';

/** The values of a measurement that a board has, one a prompt. */
export function byPrompt({ measurements }: RunResult, board: string, name: MeasurementName): number[] {
  return measurements
    .filter((one) => one.board === board && one.name === name && one.prompt !== undefined)
    .map((one) => one.value);
}

/** The geometric mean, as rates of unlike prompts need it, over the board's prompts; absent when nothing was measured. */
export function meanOverPrompts(result: RunResult, board: string, name: MeasurementName): number | undefined {
  return geometricMean(byPrompt(result, board, name)).value;
}

/** The largest over the board's prompts; absent when nothing was measured. */
export function largestOverPrompts(
  result: RunResult,
  board: string,
  name: MeasurementName,
): number | undefined {
  const values = byPrompt(result, board, name);
  return values.length === 0 ? undefined : Math.max(...values);
}
