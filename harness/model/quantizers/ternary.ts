import type { CodedRow } from '../row-codec.js';

/**
 * Codes -1, 0 and 1 with one scale a row, at the least sum of squared errors that any scale and codes reach: with the k
 * largest magnitudes kept, their mean is the best scale and (their sum)^2 / k the error that it removes (Li, Zhang and
 * Liu 2016, Ternary Weight Networks, section 2.2); every k is tried. A row of zeros has scale 0. For ternary and ternary_2bit.
 */
export function quantizeTernary(weights: Float32Array, { codes, scales }: CodedRow): void {
  const scale = bestScale(weights);
  scales[0] = scale;
  for (let i = 0; i < codes.length; i++) {
    const kept = 2 * Math.abs(weights[i]!) >= scale;
    codes[i] = kept ? Math.sign(weights[i]!) : 0;
  }
}

function bestScale(weights: Float32Array): number {
  const rising = weights.map(Math.abs).sort();
  let best = 0;
  let mostRemoved = 0;
  let sum = 0;
  for (let k = 1; k <= rising.length; k++) {
    sum += rising[rising.length - k]!;
    const removed = (sum / k) * sum;
    if (removed > mostRemoved) {
      mostRemoved = removed;
      best = sum / k;
    }
  }
  return Math.fround(best);
}
