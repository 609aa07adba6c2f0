import type { Floats } from './matmul.js';

/** out(rows, n) = weight * x / sqrt(mean(x^2) + eps), row by row (Zhang and Sennrich 2019); `inverse` keeps 1/sqrt(...) of each row. */
export function rmsNorm(
  out: Floats,
  inverse: Floats,
  x: Floats,
  weight: Floats,
  rows: number,
  n: number,
  eps: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = row * n;
    let squares = 0;
    for (let i = 0; i < n; i++) squares += x[at + i]! * x[at + i]!;
    const r = 1 / Math.sqrt(squares / n + eps);
    inverse[row] = r;
    for (let i = 0; i < n; i++) out[at + i] = weight[i]! * x[at + i]! * r;
  }
}

/** Adds the gradients of `rmsNorm` to dx and dWeight. */
export function rmsNormBackward(
  dx: Floats,
  dWeight: Floats,
  dOut: Floats,
  x: Floats,
  weight: Floats,
  inverse: Floats,
  rows: number,
  n: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = row * n;
    const r = inverse[row]!;
    let projection = 0;
    for (let i = 0; i < n; i++) {
      projection += dOut[at + i]! * weight[i]! * x[at + i]!;
      dWeight[i]! += dOut[at + i]! * x[at + i]! * r;
    }
    const pull = (projection * r * r * r) / n;
    for (let i = 0; i < n; i++) dx[at + i]! += dOut[at + i]! * weight[i]! * r - pull * x[at + i]!;
  }
}
