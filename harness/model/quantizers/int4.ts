import type { CodedRow } from '../row-codec.js';
import { quantizeGroups } from './groups.js';
import { roundEven } from './rounding.js';

/** Codes -7 .. 7 with a bfloat16 scale for each group of 32; see `quantizeGroups` for the choice of the scale. */
export function quantizeInt4(weights: Float32Array, row: CodedRow): void {
  quantizeGroups(weights, row, { largestCode: 7, nearest, leastSixteenths: 8 });
}

function nearest(ratio: number): number {
  return Math.min(7, Math.max(-7, roundEven(ratio)));
}
