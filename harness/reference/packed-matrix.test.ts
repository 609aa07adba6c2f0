import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import type { PackedTensor } from '../model/packed-model.js';
import { randomBits } from '../model/random-bits.js';
import { rowScaleBytes, WEIGHT_FORMATS, type WeightFormat } from '../model/weight-format.js';
import { Activation } from './activation.js';
import type { Matrix } from './matrix.js';
import { readMatrix } from './packed-matrix.js';
import { bitsOf, floatOf, randomTensor } from './testing/packed-fixtures.js';
import { slowProduct } from './testing/slow-product.js';
import { slowRow } from './testing/slow-weights.js';

/** Whole and ragged groups, spans, bytes and lanes. */
const WIDTHS = [1, 3, 5, 31, 32, 33, 64, 97, 255, 256, 257, 300, 520];
const ROWS = 4;

const FLOATS: readonly WeightFormat[] = ['float32', 'float16', 'bfloat16'];
const IN_ROWS = WEIGHT_FORMATS.filter((format) => rowScaleBytes(format, 8) > 0);
const INTEGERS = WEIGHT_FORMATS.filter((format) => !FLOATS.includes(format));

function matrixOf({ format, rows, cols, bytes, scales }: PackedTensor): Matrix {
  return readMatrix({ name: 'tiny: q_proj', format, rows, cols, bytes, scale: scales?.[0] });
}

function vector(cols: number, seed: number): Float32Array {
  const next = randomBits(seed, cols);
  return Float32Array.from({ length: cols }, () => (next() - 2 ** 31) / 2 ** 31);
}

function product(matrix: Matrix, x: Float32Array): number[] {
  const out = new Float32Array(matrix.rows).fill(77);
  matrix.multiply(out, new Activation(x));
  return [...out];
}

function rowsOf(matrix: Matrix): number[][] {
  return Array.from({ length: matrix.rows }, (_, index) => {
    const out = new Float32Array(matrix.cols).fill(77);
    matrix.row(index, out);
    return [...out];
  });
}

function tensorOf(format: WeightFormat, cols: number, scaleBits?: readonly number[]): PackedTensor {
  const packing = { format, rows: ROWS, cols, ...(scaleBits === undefined ? {} : { scaleBits }) };
  return randomTensor(packing, randomBits(3, cols));
}

describe('packed matrix', () => {
  for (const format of WEIGHT_FORMATS) {
    it(`${format}: has the rows and products of exact arithmetic, for every width and code`, () => {
      for (const cols of WIDTHS) {
        const tensor = tensorOf(format, cols);
        const matrix = matrixOf(tensor);
        const x = vector(cols, 1);
        expect(product(matrix, x), `${cols} columns`).to.deep.equal(slowProduct(tensor, 0, [...x]));
        expect(rowsOf(matrix), `${cols} columns`).to.deep.equal(
          Array.from({ length: ROWS }, (_, row) => [...slowRow(tensor, 0, row).values]),
        );
      }
    });
  }

  for (const format of IN_ROWS) {
    it(`${format}: keeps to the arithmetic with scales that are 0, subnormal, or very large`, () => {
      const scaleBits = [0x00000000, 0x00010000, 0x007f0000, 0x00800000, 0x3f810000, 0x70000000];
      const tensor = tensorOf(format, 70, scaleBits);
      for (const size of [1, 2 ** -60, 2 ** 20]) {
        const x = vector(70, 2).map((value) => value * size);
        expect(product(matrixOf(tensor), x), `size ${size}`).to.deep.equal(slowProduct(tensor, 0, [...x]));
      }
      const rows = Array.from({ length: ROWS }, (_, row) => [...slowRow(tensor, 0, row).values]);
      expect(rowsOf(matrixOf(tensor))).to.deep.equal(rows);
    });
  }

  it('has exact sums when every code is as low as it can be, each rounded before it is added', () => {
    const largest = new Float32Array(1100).fill(1);
    const large = vector(1100, 5).map((value) => 0.5 + Math.abs(value) / 2);
    for (const format of INTEGERS) {
      const lowest = format === 'int8' ? 0x80000000 : 0;
      const tensor = randomTensor({ format, rows: ROWS, cols: 1100 }, () => lowest);
      for (const x of [largest, large])
        expect(product(matrixOf(tensor), x), format).to.deep.equal(slowProduct(tensor, 0, [...x]));
    }
  });

  it('knows every half float', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half);
    const bytes = new Uint8Array(halves.buffer);
    const [values] = rowsOf(readMatrix({ name: 'all', format: 'float16', rows: 1, cols: 0x10000, bytes }));
    const at = (half: number): number => values![half]!;
    expect([at(0), at(0x8000), at(1), at(0x83ff), at(0x0400)]).to.deep.equal([
      0,
      -0,
      2 ** -24,
      -1023 * 2 ** -24,
      2 ** -14,
    ]);
    expect([at(0x3c00), at(0xbc01), at(0x7bff)]).to.deep.equal([1, -(1 + 2 ** -10), 65504]);
    expect([at(0x7c00), at(0xfc00), at(0x7c01), at(0xffff)]).to.deep.equal([
      Infinity,
      -Infinity,
      Number.NaN,
      Number.NaN,
    ]);
    const rising = values!.slice(0, 0x7c01);
    expect(rising.every((value, i) => i === 0 || value > rising[i - 1]!)).to.equal(true);
    const [upper] = rowsOf(readMatrix({ name: 'all', format: 'bfloat16', rows: 1, cols: 0x10000, bytes }));
    expect(upper!.map((value, half) => (Number.isNaN(value) ? half : bitsOf(value) >>> 16))).to.deep.equal([
      ...halves,
    ]);
  });

  for (const format of INTEGERS) {
    it(`${format}: makes NaN of a vector that has one, or an infinity, and 0 of one that is all but 0`, () => {
      const matrix = matrixOf(tensorOf(format, 37));
      for (const odd of [Number.NaN, Infinity, -Infinity]) {
        const x = vector(37, 3);
        x[36] = odd;
        expect(product(matrix, x)).to.deep.equal(Array(ROWS).fill(Number.NaN));
      }
      for (const tiny of [0, -0, floatOf(1), -floatOf(0x0d7fffff)])
        expect(product(matrix, new Float32Array(37).fill(tiny)), String(tiny)).to.deep.equal(
          Array(ROWS).fill(0),
        );
    });
  }

  for (const format of FLOATS) {
    it(`${format}: lets weights and vectors that are not finite show in the result`, () => {
      const tensor = tensorOf(format, 9);
      const size = tensor.bytes.length / ROWS;
      tensor.bytes.fill(0xff, size, size + 4);
      const [first, second] = product(matrixOf(tensor), vector(9, 4));
      expect([Number.isFinite(first), second]).to.deep.equal([true, Number.NaN]);
      expect(product(matrixOf(tensor), new Float32Array(9).fill(Infinity))[1]).to.deep.equal(Number.NaN);
    });
  }

  it('refuses scales that are not finite, naming the tensor and the row', () => {
    for (const format of IN_ROWS) {
      for (const bits of [0x7fc00000, 0x7f800000, 0xff800000]) {
        const tensor = tensorOf(format, 8, [0x3f800000, 0x3f800000, bits]);
        const attempt = () => matrixOf(tensor);
        expect(attempt, format).to.throw(
          ConfigError,
          `tiny: q_proj (${format}): a scale of row 2 is ${floatOf(bits)}`,
        );
      }
    }
  });

  it('refuses an int8 tensor whose scale is missing, or no positive normal number', () => {
    const tensor = tensorOf('int8', 8);
    for (const scale of [undefined, Number.NaN, Infinity, 0, -1, 1e-40, 1e39]) {
      const attempt = () => readMatrix({ ...tensor, name: 'tiny: k_proj', scale });
      expect(attempt, String(scale)).to.throw(ConfigError, 'tiny: k_proj (int8)');
    }
  });

  it('refuses bytes that are too few or too many for the shape', () => {
    for (const format of WEIGHT_FORMATS) {
      const tensor = tensorOf(format, 12);
      const attempt = () => matrixOf({ ...tensor, rows: ROWS + 1 });
      expect(attempt, format).to.throw(RangeError, `tiny: q_proj has ${tensor.bytes.length} bytes`);
    }
  });
});
