import { largestMagnitude, roundEven, SMALLEST_NORMAL, scaleOf } from './rounding.js';

const LARGEST_CODE = 127;

/**
 * The naive symmetric quantizer of the seeds: scale = largest magnitude / 127, as float32. A scale of the card must be
 * a normal number: a tensor of zeros, or of nothing larger than that times 127, has the smallest one, 2^-126.
 */
export function int8Scale(weights: Float32Array): number {
  return Math.max(scaleOf(largestMagnitude(weights) / LARGEST_CODE), SMALLEST_NORMAL);
}

/** The nearest code of each weight, ties to even; for int8 and int8_row. A scale of 0 stands for zeros only. */
export function int8Codes(weights: Float32Array, scale: number, codes: Int8Array): void {
  for (let i = 0; i < codes.length; i++) {
    const code = scale === 0 ? 0 : roundEven(weights[i]! / scale);
    codes[i] = Math.min(LARGEST_CODE, Math.max(-LARGEST_CODE, code));
  }
}
