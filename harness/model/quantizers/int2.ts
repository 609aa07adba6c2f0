import type { CodedRow } from '../row-codec.js';
import { quantizeGroups } from './groups.js';

/**
 * Codes -3, -1, 1 and 3 with a bfloat16 scale for each group of 32; see `quantizeGroups` for the choice of the scale.
 * There is no code for 0, so that an outlier among small weights asks for a scale far below a third of it.
 */
export function quantizeInt2(weights: Float32Array, row: CodedRow): void {
  quantizeGroups(weights, row, { largestCode: 3, nearest, leastSixteenths: 1 });
}

function nearest(ratio: number): number {
  return Math.min(3, Math.max(-3, 2 * Math.floor(ratio / 2) + 1));
}
