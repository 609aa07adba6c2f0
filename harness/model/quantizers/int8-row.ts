import type { CodedRow } from '../row-codec.js';
import { int8Codes } from './int8.js';
import { largestMagnitude, scaleOf } from './rounding.js';

/** As int8, with a scale of its own for each row: largest magnitude / 127, 0 for a row of zeros. */
export function quantizeInt8Row(weights: Float32Array, { codes, scales }: CodedRow): void {
  const scale = scaleOf(largestMagnitude(weights) / 127);
  scales[0] = scale;
  int8Codes(weights, scale, codes);
}
