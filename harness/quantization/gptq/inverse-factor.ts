import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { ConfigError } from '../../errors.js';

/** Columns in falling order of the gram's diagonal; equal ones as they stand. */
export function fallingDiagonal(gram: Float64Array, size: number): number[] {
  const columns = Array.from({ length: size }, (_, i) => i);
  return columns.sort((a, b) => gram[b * size + b]! - gram[a * size + a]! || a - b);
}

/**
 * U, upper triangular, with U^T U the inverse of the damped gram, rows and columns in `order`: row i of U over U_ii says how the columns after i make up for an error of column i
 * (Frantar et al. 2022, section 3.3, "Step 3").
 * @throws ConfigError `gptq-damping` when rounding leaves no factorization
 * @param gram (size, size), of which the upper triangle is read
 * @param damping share of the mean of the diagonal that is added to it; a column that was always 0 gets as much as the mean
 * @returns row-major (size, size), binary64
 */
export function inverseFactor(gram: Float64Array, order: readonly number[], damping: number): Float64Array {
  const size = order.length;
  const inverse = inverseOf(damped(gram, order, damping), damping);
  const lower = factorOf(inverse, damping).lowerTriangularMatrix;
  const upper = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = i; j < size; j++) upper[i * size + j] = lower.get(j, i);
  return upper;
}

/** The symmetric matrix in `order`, with its damping. */
export function damped(gram: Float64Array, order: readonly number[], damping: number): Matrix {
  const size = order.length;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[i * size + i]!;
  const mean = trace > 0 ? trace / size : 1;
  const at = (a: number, b: number): number => gram[Math.min(a, b) * size + Math.max(a, b)]!;
  const matrix = new Matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) matrix.set(i, j, at(order[i]!, order[j]!));
    const own = at(order[i]!, order[i]!);
    matrix.set(i, i, (own === 0 ? mean : own) + damping * mean);
  }
  return matrix;
}

function inverseOf(matrix: Matrix, damping: number): Matrix {
  const inverse = solveForIdentity(factorOf(matrix, damping).lowerTriangularMatrix);
  // Rounding leaves it a little unsymmetric, which the next factorization would refuse.
  return inverse.clone().add(inverse.transpose()).mul(0.5);
}

/**
 * (L L^T)^-1 by substitution, forward and back. What ml-matrix's `solve` does to the identity, operation by operation, so that it has the same bits; but along
 * rows: down columns, a thousand of them take half a minute.
 */
export function solveForIdentity(lower: Matrix): Matrix {
  const size = lower.rows;
  const rows = Array.from({ length: size }, (_, i) => new Float64Array(size).fill(1, i, i + 1));
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < k; i++) subtract(rows[k]!, rows[i]!, lower.get(k, i), i + 1);
    divide(rows[k]!, lower.get(k, k));
  }
  for (let k = size - 1; k >= 0; k--) {
    for (let i = k + 1; i < size; i++) subtract(rows[k]!, rows[i]!, lower.get(i, k), size);
    divide(rows[k]!, lower.get(k, k));
  }
  return new Matrix(rows);
}

/** row -= factor * other, of the first `count` elements. */
function subtract(row: Float64Array, other: Float64Array, factor: number, count: number): void {
  for (let j = 0; j < count; j++) row[j]! -= other[j]! * factor;
}

function divide(row: Float64Array, by: number): void {
  for (let j = 0; j < row.length; j++) row[j]! /= by;
}

function factorOf(matrix: Matrix, damping: number): CholeskyDecomposition {
  const factor = new CholeskyDecomposition(matrix);
  if (factor.isPositiveDefinite()) return factor;
  const message = `GPTQ's damping of ${damping} is too small for this calibration text: use more text, or more damping (0.01 is usual)`;
  throw new ConfigError('gptq-damping', message, { damping });
}
