import type { CodedRow } from '../row-codec.js';

/**
 * Codes -1 and 1 with one scale a row, the mean magnitude: the least sum of squared errors (Rastegari et al. 2016,
 * XNOR-Net, section 3.1). Zeros, of either sign, count as positive; a row of zeros has scale 0.
 */
export function quantizeBinary(weights: Float32Array, { codes, scales }: CodedRow): void {
  let sum = 0;
  for (let i = 0; i < codes.length; i++) {
    sum += Math.abs(weights[i]!);
    codes[i] = weights[i]! < 0 ? -1 : 1;
  }
  scales[0] = sum / codes.length;
}
