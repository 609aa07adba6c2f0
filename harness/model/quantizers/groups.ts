import { nearestBfloat16 } from '../float-formats.js';
import type { CodedRow } from '../row-codec.js';
import { GROUP_SIZE } from '../weight-format.js';
import { largestMagnitude } from './rounding.js';

export interface Grid {
  readonly largestCode: number;
  /** The code nearest to weight / scale. */
  readonly nearest: (ratio: number) => number;
  /** The smallest scale that is tried, in sixteenths of the one at which the largest weight has the largest code. */
  readonly leastSixteenths: number;
}

/**
 * Quantizes a row group by group. Of the bfloat16 scales nearest to largest/largestCode * k/16, for k = 16 down to
 * `leastSixteenths`, that with the smallest sum of squared errors is taken (the larger one among equals): a scale that
 * clips the largest weights a little often serves the others better. A group of zeros has scale 0.
 */
export function quantizeGroups(weights: Float32Array, { codes, scales }: CodedRow, grid: Grid): void {
  for (let g = 0; g < scales.length; g++) {
    const first = g * GROUP_SIZE;
    const group = weights.subarray(first, first + GROUP_SIZE);
    const scale = bestScale(group, grid);
    scales[g] = scale;
    for (let i = 0; i < group.length; i++)
      codes[first + i] = scale === 0 ? grid.nearest(0) : grid.nearest(group[i]! / scale);
  }
}

function bestScale(group: Float32Array, { largestCode, nearest, leastSixteenths }: Grid): number {
  const widest = largestMagnitude(group) / largestCode;
  let best = 0;
  let leastError = Number.POSITIVE_INFINITY;
  for (let k = 16; k >= leastSixteenths; k--) {
    const scale = nearestBfloat16((widest * k) / 16);
    if (scale === 0) break;
    const error = squaredError(group, scale, nearest);
    if (error < leastError) {
      leastError = error;
      best = scale;
    }
  }
  return best;
}

function squaredError(group: Float32Array, scale: number, nearest: Grid['nearest']): number {
  let sum = 0;
  for (let i = 0; i < group.length; i++) {
    const error = group[i]! - nearest(group[i]! / scale) * scale;
    sum += error * error;
  }
  return sum;
}
