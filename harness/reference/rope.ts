// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the page's own digits decide the bits.

import { cos, f32, sin } from './float32-math.js';

const LN2 = 0.6931471805599453;

/**
 * Natural logarithm in binary64 by the page's series, for the RoPE frequencies alone (`lnd`): only +, -, * and /, so that a
 * C compiler and JavaScript agree to the bit. x finite and positive.
 */
export function logDouble(x: number): number {
  let m = x;
  let e = 0;
  for (; m >= 1; m /= 2) e += 1;
  for (; m < 0.5; m *= 2) e -= 1;
  if (m < 0.7071067811865476) {
    m *= 2;
    e -= 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let term = s;
  let total = s;
  for (let k = 1; k <= 24; k++) {
    term *= q;
    total += term / (2 * k + 1);
  }
  return 2 * total + e * LN2;
}

/** e^x in binary64 by the page's series (`expd`). */
export function expDouble(x: number): number {
  const t = x / LN2;
  const k = Math.trunc(t >= 0 ? t + 0.5 : t - 0.5);
  const r = x - k * LN2;
  let term = 1;
  let total = 1;
  for (let i = 1; i <= 20; i++) {
    term = (term * r) / i;
    total += term;
  }
  const factor = k > 0 ? 2 : 0.5;
  for (let i = Math.abs(k); i > 0; i--) total *= factor;
  return total;
}

/** Radians a position for each pair of a head: theta^(-2i / headSize), (headSize / 2). */
export function ropeFrequencies(headSize: number, theta: number): Float32Array {
  const logTheta = logDouble(theta);
  return Float32Array.from({ length: headSize / 2 }, (_, i) => expDouble(-((2 * i) / headSize) * logTheta));
}

/** Cosine and sine of every pair's angle at one position, (headSize / 2) each. */
export interface Rotation {
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
}

export function rotationAt(position: number, frequencies: Float32Array): Rotation {
  const angles = frequencies.map((frequency) => f32(position * frequency));
  return { cosines: angles.map(cos), sines: angles.map(sin) };
}

/** Turns every head of `vector` (heads * headSize) in place; a pair is an element and the one half a head further. */
export function rotateHeads(vector: Float32Array, { cosines, sines }: Rotation): void {
  const half = cosines.length;
  for (let head = 0; head < vector.length; head += 2 * half) {
    for (let i = 0; i < half; i++) {
      const u = vector[head + i]!;
      const w = vector[head + half + i]!;
      vector[head + i] = f32(f32(u * cosines[i]!) - f32(w * sines[i]!));
      vector[head + half + i] = f32(f32(w * cosines[i]!) + f32(u * sines[i]!));
    }
  }
}
