import { expect } from 'chai';
import { CholeskyDecomposition, Matrix, solve } from 'ml-matrix';
import { ConfigError } from '../../errors.js';
import { randomBits } from '../../model/random-bits.js';
import type { Grid } from '../quantized-tensor.js';
import { codeOf, fitValues } from '../quantizers/fit.js';
import { dequantizeTensor, emptyTensor, quantizeTensor } from '../quantizers/quantize-tensor.js';
import { gptq } from './gptq.js';
import { damped, fallingDiagonal, solveForIdentity } from './inverse-factor.js';

const ROWS = 6;
const COLS = 12;

function random(count: number, seed: number): Float32Array {
  const bits = randomBits(seed);
  return Float32Array.from({ length: count }, () => bits() / 2 ** 31 - 1);
}

/** Of vectors whose elements go together, as activations do. */
function gramOf(cols: number, seed: number, count = 4 * cols): Float64Array {
  const gram = new Float64Array(cols * cols);
  const draws = random(count * cols, seed);
  for (let n = 0; n < count; n++) {
    const common = draws[n * cols]! * 2;
    const x = Float64Array.from({ length: cols }, (_, i) => draws[n * cols + i]! * (1 + (i % 5)) + common);
    for (let i = 0; i < cols; i++) for (let j = i; j < cols; j++) gram[i * cols + j]! += x[i]! * x[j]!;
  }
  return gram;
}

/** Sum over rows of (w - w') H (w - w')^T. */
function objective(original: Float32Array, rounded: Float32Array, gram: Float64Array, cols: number): number {
  const h = damped(
    gram,
    Array.from({ length: cols }, (_, i) => i),
    0,
  );
  let total = 0;
  for (let row = 0; row < original.length / cols; row++) {
    const d = Matrix.rowVector(
      Array.from({ length: cols }, (_, i) => original[row * cols + i]! - rounded[row * cols + i]!),
    );
    total += d.mmul(h).mmul(d.transpose()).get(0, 0);
  }
  return total;
}

const fit = { search: 'clip' } as const;

describe('gptq', () => {
  it('inverts a matrix to the same bits as ml-matrix solves for the identity', () => {
    for (const [cols, seed] of [
      [1, 1],
      [12, 2],
      [61, 3],
    ] as const) {
      const order = Array.from({ length: cols }, (_, i) => i);
      const factor = new CholeskyDecomposition(damped(gramOf(cols, seed), order, 0.01));
      const found = solveForIdentity(factor.lowerTriangularMatrix).to1DArray();
      const expected = factor.solve(Matrix.eye(cols)).to1DArray();
      expect(found.every((value, i) => Object.is(value, expected[i]))).to.equal(true);
    }
  });

  for (const actOrder of [false, true]) {
    for (const bits of [4, 3, 1.58] as const) {
      it(`rounds as a direct solution of its objective does (${bits} bits${actOrder ? ', columns in order' : ''})`, () => {
        const weights = random(ROWS * COLS, 1);
        const gram = gramOf(COLS, 2);
        const grid: Grid = { bits, group: 'row', zeroPoint: false };
        const tensor = emptyTensor({ layers: 1, rows: ROWS, cols: COLS }, grid);
        gptq(weights, gram, tensor, 0, { damping: 0.01, actOrder, fit });
        const order = actOrder ? fallingDiagonal(gram, COLS) : Array.from({ length: COLS }, (_, i) => i);
        expect([...tensor.codes]).to.deep.equal(directly(weights, gram, grid, order));
      });
    }
  }

  it('gets closer to the outputs than rounding each weight to the nearest does', () => {
    for (const [bits, group] of [
      [4, 32],
      [3, 32],
      [4, 'row'],
      [1.58, 'row'],
    ] as const) {
      const cols = 64;
      const weights = random(8 * cols, 3);
      const gram = gramOf(cols, 4);
      const shape = { layers: 1, rows: 8, cols };
      const grid: Grid = { bits, group, zeroPoint: false };
      const tensor = emptyTensor(shape, grid);
      gptq(weights, gram, tensor, 0, { damping: 0.01, actOrder: false, fit });
      const nearest = quantizeTensor(weights, shape, grid, fit, 'w');
      const errors = [tensor, nearest].map((one) => objective(weights, dequantizeTensor(one), gram, cols));
      expect(errors[0], `${bits} bits, ${group}`).to.be.below(errors[1]! * 0.9);
    }
  });

  it('rounds to the nearest where columns have nothing to do with one another', () => {
    const weights = random(ROWS * COLS, 5);
    const gram = new Float64Array(COLS * COLS);
    for (let i = 0; i < COLS; i++) gram[i * COLS + i] = i + 1;
    const shape = { layers: 1, rows: ROWS, cols: COLS };
    const grid: Grid = { bits: 4, group: 4, zeroPoint: true };
    const tensor = emptyTensor(shape, grid);
    gptq(weights, gram, tensor, 0, { damping: 0.01, actOrder: false, fit });
    expect(tensor).to.deep.equal(quantizeTensor(weights, shape, grid, fit, 'w'));
  });

  it('says that the damping is too small for a text that leaves columns undetermined', () => {
    const gram = gramOf(COLS, 8, 3);
    const grid: Grid = { bits: 4, group: 'row', zeroPoint: false };
    const tensor = emptyTensor({ layers: 1, rows: ROWS, cols: COLS }, grid);
    const attempt = () =>
      gptq(random(ROWS * COLS, 9), gram, tensor, 0, { damping: 1e-18, actOrder: false, fit });
    expect(attempt).to.throw(ConfigError, /damping of 1e-18 is too small/);
  });

  it('stands a column that was never active, and a text that was never read', () => {
    const weights = random(ROWS * COLS, 6);
    const gram = gramOf(COLS, 7);
    for (let i = 0; i < COLS; i++) gram[Math.min(3, i) * COLS + Math.max(3, i)] = 0;
    const grid: Grid = { bits: 4, group: 'row', zeroPoint: false };
    for (const one of [gram, new Float64Array(COLS * COLS)]) {
      const tensor = emptyTensor({ layers: 1, rows: ROWS, cols: COLS }, grid);
      gptq(weights, one, tensor, 0, { damping: 0.01, actOrder: false, fit });
      expect(dequantizeTensor(tensor).every(Number.isFinite)).to.equal(true);
    }
  });
});

/** Column after column: the best values of those not yet rounded, given those that are, from the normal equations themselves. */
function directly(weights: Float32Array, gram: Float64Array, grid: Grid, order: readonly number[]): number[] {
  const h = damped(gram, order, 0.01);
  const codes: number[] = Array.from({ length: ROWS * COLS }, () => 0);
  for (let row = 0; row < ROWS; row++) {
    const original = order.map((column) => weights[row * COLS + column]!);
    const one = fitValues(weights.subarray(row * COLS, (row + 1) * COLS), grid, fit);
    const errors: number[] = [];
    for (let at = 0; at < COLS; at++) {
      const wanted = original[at]! - correction(h, errors, at);
      const code = codeOf(wanted, one, grid);
      codes[row * COLS + order[at]!] = code;
      errors.push(original[at]! - code * one.scale);
    }
  }
  return codes;
}

/** With e the errors of the columns before: the others' d minimizes (e, d) H (e, d)^T, which is d = -H_dd^-1 H_de e; the first of d. */
function correction(h: Matrix, errors: readonly number[], at: number): number {
  if (errors.length === 0) return 0;
  const rest = h.subMatrix(at, COLS - 1, at, COLS - 1);
  const across = h.subMatrix(at, COLS - 1, 0, at - 1);
  return -solve(rest, across.mmul(Matrix.columnVector([...errors]))).get(0, 0);
}
