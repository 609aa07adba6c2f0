import { exp, f32, rsqrt } from './float32-math.js';

/**
 * The page's `dot`: four partial sums, element i in lane i mod 4, then (s0 + s1) + (s2 + s3). `n` elements of `a` from
 * `aStart` and of `b` from `bStart`.
 */
export function dot(a: Float32Array, b: Float32Array, n: number, aStart = 0, bStart = 0): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = n - (n % 4);
  let i = aStart;
  let j = bStart;
  for (const end = aStart + whole; i < end; i += 4, j += 4) {
    s0 = f32(s0 + f32(a[i]! * b[j]!));
    s1 = f32(s1 + f32(a[i + 1]! * b[j + 1]!));
    s2 = f32(s2 + f32(a[i + 2]! * b[j + 2]!));
    s3 = f32(s3 + f32(a[i + 3]! * b[j + 3]!));
  }
  if (n - whole > 0) s0 = f32(s0 + f32(a[i]! * b[j]!));
  if (n - whole > 1) s1 = f32(s1 + f32(a[i + 1]! * b[j + 1]!));
  if (n - whole > 2) s2 = f32(s2 + f32(a[i + 2]! * b[j + 2]!));
  return f32(f32(s0 + s1) + f32(s2 + s3));
}

/** The page's `sum` of the first `n` elements: `dot` without the product. */
export function sum(a: Float32Array, n: number): number {
  const lanes = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) lanes[i % 4] = f32(lanes[i % 4]! + a[i]!);
  return f32(f32(lanes[0]! + lanes[1]!) + f32(lanes[2]! + lanes[3]!));
}

/** out (rows) = matrix (rows, columns) times x (columns). `out` must not be `x`. */
export function multiply(out: Float32Array, matrix: Float32Array, x: Float32Array): void {
  const columns = x.length;
  for (let row = 0; row < out.length; row++) out[row] = dot(matrix, x, columns, row * columns, 0);
}

/** out[i] = weight[i] * (x[i] * r), all (hidden), with r = 1 / root mean square of x. */
export function rmsNorm(out: Float32Array, x: Float32Array, weight: Float32Array, eps: number): void {
  const n = x.length;
  const r = rsqrt(f32(f32(dot(x, x, n) / n) + eps));
  for (let i = 0; i < n; i++) out[i] = f32(weight[i]! * f32(x[i]! * r));
}

/** The first `n` scores become probabilities, in place. */
export function softmax(scores: Float32Array, n: number): void {
  const m = largest(scores, n);
  for (let t = 0; t < n; t++) scores[t] = exp(f32(scores[t]! - m));
  const inverse = f32(1 / sum(scores, n));
  for (let t = 0; t < n; t++) scores[t] = f32(scores[t]! * inverse);
}

/** The SwiGLU activation: gate[i] becomes silu(gate[i]) * up[i]. */
export function gateUp(gate: Float32Array, up: Float32Array): void {
  for (let i = 0; i < gate.length; i++) {
    const g = gate[i]!;
    gate[i] = f32(f32(g / f32(1 + exp(-g))) * up[i]!);
  }
}

/** x += addend, element by element. */
export function accumulate(x: Float32Array, addend: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] = f32(x[i]! + addend[i]!);
}

/** The largest of the first `n` elements (n >= 1). */
export function largest(a: Float32Array, n: number): number {
  let m = a[0]!;
  for (let i = 1; i < n; i++) if (a[i]! > m) m = a[i]!;
  return m;
}
