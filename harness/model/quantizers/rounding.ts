const NO_FRACTION = 1.5 * 2 ** 52;

/** The nearest integer, ties to even, for magnitudes below 2^51: a double of this size has no fraction bits left. */
export function roundEven(value: number): number {
  return value + NO_FRACTION - NO_FRACTION;
}

export function largestMagnitude(weights: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < weights.length; i++) largest = Math.max(largest, Math.abs(weights[i]!));
  return largest;
}

/**
 * The float32 nearest to `value`; below the normal range the next one up instead, because rounding down there can lose
 * so much that the largest weight has no code any more.
 */
export function scaleOf(value: number): number {
  return value >= SMALLEST_NORMAL ? Math.fround(value) : Math.ceil(value / SMALLEST_FLOAT) * SMALLEST_FLOAT;
}

/** 2^-126 and 2^-149. */
export const SMALLEST_NORMAL = 2 ** -126;
const SMALLEST_FLOAT = 2 ** -149;
