import { expect } from 'chai';
import { packTensor } from '../../model/pack-tensor.js';
import { randomBits } from '../../model/random-bits.js';
import { unpackTensor } from '../../model/unpack-tensor.js';
import { BITS, type Bits, type Grid, type Group } from '../quantized-tensor.js';
import type { Search } from './fit.js';
import { codeRange, isLopsided } from './grid.js';
import { cardFormatOf, packQuantized } from './pack-quantized.js';
import { dequantizeTensor, quantizeTensor } from './quantize-tensor.js';
import { bitsPerWeight, codeEntropy, relativeError } from './tensor-error.js';

const SHAPE = { layers: 2, rows: 5, cols: 76 };
const GROUPS: readonly Group[] = ['tensor', 'row', 32, 64, 20];

/** Bell-shaped, with a row of zeros, a single outlier, denormals and negative zeros. */
function weights(seed: number): Float32Array {
  const bits = randomBits(seed);
  const values = Float32Array.from({ length: 2 * 5 * 76 }, () => {
    const draws = Array.from({ length: 6 }, () => bits() / 2 ** 32 - 0.5);
    return draws.reduce((sum, one) => sum + one, 0) * 0.1;
  });
  values.fill(0, 76, 152);
  values.fill(-0, 80, 90);
  values.fill(0, 228, 304);
  values[250] = 40;
  values.fill(1e-42, 304, 380);
  return values;
}

const everyGrid: Grid[] = BITS.flatMap((bits) =>
  GROUPS.flatMap((group) =>
    (bits < 2 ? [false] : [false, true]).map((zeroPoint): Grid => ({ bits, group, zeroPoint })),
  ),
);
const SEARCHES: readonly Search[] = ['widest', 'clip'];

function describeGrid({ bits, group, zeroPoint }: Grid): string {
  return `${bits} bits, ${group}${zeroPoint ? ', zero point' : ''}`;
}

describe('quantizeTensor', () => {
  const original = weights(1);

  for (const grid of everyGrid) {
    it(`rounds to values of the grid, and those to themselves (${describeGrid(grid)})`, () => {
      for (const search of SEARCHES) {
        const tensor = quantizeTensor(original, SHAPE, grid, { search }, 'w');
        const [least, largest] = codeRange(grid);
        expect(tensor.codes.every((code) => code >= least && code <= largest)).to.equal(true);
        const eitherSign = search === 'clip' && isLopsided(grid);
        const usable = (scale: number) => Number.isFinite(scale) && (scale >= 0 || eitherSign);
        expect(tensor.scales.every(usable)).to.equal(true);
        const values = dequantizeTensor(tensor);
        expect(values.every(Number.isFinite)).to.equal(true);
        if (grid.bits !== 1 && grid.bits !== 2)
          expect(values.subarray(76, 152).every((one) => one === 0)).to.equal(true);
      }
    });
  }

  it('is never further from the weights with clip than with the widest scale', () => {
    for (const grid of everyGrid) {
      const errors = SEARCHES.map(
        (search) =>
          relativeError(original, dequantizeTensor(quantizeTensor(original, SHAPE, grid, { search }, 'w')))!,
      );
      expect(errors[1], describeGrid(grid)).to.be.at.most(errors[0]! * (1 + 1e-6));
    }
  });

  it('keeps every weight within half a step of the widest scale', () => {
    for (const grid of everyGrid.filter(({ bits }) => bits >= 5)) {
      const tensor = quantizeTensor(original, SHAPE, { ...grid, group: 'row' }, { search: 'widest' }, 'w');
      const values = dequantizeTensor(tensor);
      for (const [i, value] of values.entries()) {
        const step = tensor.scales[Math.floor(i / SHAPE.cols)]!;
        expect(Math.abs(value - original[i]!), describeGrid(grid)).to.be.at.most(step * 0.5001 + 1e-42);
      }
    }
  });

  it('gives the largest weight of a group the code that only one side has, whatever its sign', () => {
    const grid: Grid = { bits: 4, group: 32, zeroPoint: false };
    for (const sign of [1, -1]) {
      const group = Float32Array.from({ length: 32 }, (_, i) => (sign * (i - 23)) / 8);
      const shape = { layers: 1, rows: 1, cols: 32 };
      const tensor = quantizeTensor(group, shape, grid, { search: 'clip' }, 'w');
      expect(Math.sign(tensor.scales[0]!)).to.equal(sign);
      expect(tensor.codes[0]).to.equal(-8);
      const symmetric = quantizeTensor(group, shape, grid, { search: 'widest' }, 'w');
      expect(symmetric.codes[0]).to.equal(-7 * sign);
      const [error, plain] = [tensor, symmetric].map((one) => relativeError(group, dequantizeTensor(one))!);
      expect(error).to.be.below(plain! * 0.95);
    }
  });

  it('is as exact with more bits, group by group', () => {
    const error = (bits: Bits) =>
      relativeError(
        original,
        dequantizeTensor(
          quantizeTensor(original, SHAPE, { bits, group: 'row', zeroPoint: false }, { search: 'clip' }, 'w'),
        ),
      )!;
    const errors = ([8, 7, 6, 5, 4, 3] as const).map(error);
    expect(errors).to.deep.equal(errors.toSorted((a, b) => a - b));
  });

  it('refuses a weight that is not a number by the tensor’s name', () => {
    const broken = weights(2);
    broken[77] = Number.NaN;
    const grid: Grid = { bits: 4, group: 32, zeroPoint: false };
    expect(() => quantizeTensor(broken, SHAPE, grid, { search: 'widest' }, 'q_proj')).to.throw(/q_proj/);
  });

  it('makes the ternary codes of seed 004: zero below half the row’s mean magnitude', () => {
    const row = Float32Array.of(0.1, -0.19, 0.6, -0.9, 0.15);
    const grid: Grid = { bits: 1.58, group: 'row', zeroPoint: false };
    const tensor = quantizeTensor(
      row,
      { layers: 1, rows: 1, cols: 5 },
      grid,
      { search: 'widest', threshold: 0.5 },
      'w',
    );
    expect([...tensor.codes]).to.deep.equal([0, 0, 1, -1, 0]);
    expect(tensor.scales[0]).to.be.closeTo(0.75, 1e-7);
  });

  it('has no smaller error with any threshold than with none', () => {
    const grid: Grid = { bits: 1.58, group: 'row', zeroPoint: false };
    const error = (threshold?: number) =>
      relativeError(
        original,
        dequantizeTensor(quantizeTensor(original, SHAPE, grid, { search: 'widest', threshold }, 'w')),
      )!;
    for (const threshold of [0.3, 0.5, 0.7, 0.9, 1.2]) expect(error()).to.be.at.most(error(threshold) + 1e-9);
  });
});

describe('packQuantized', () => {
  const original = weights(3);

  for (const grid of everyGrid) {
    const card = cardFormatOf(grid);
    if (!('format' in card)) continue;
    it(`stores the same values as ${card.format} (${describeGrid(grid)})`, () => {
      const tensor = quantizeTensor(original, SHAPE, grid, { search: 'clip' }, 'w');
      const packed = packQuantized(tensor)!;
      expect(packed.format).to.equal(card.format);
      expect(unpackTensor(packed)).to.deep.equal(dequantizeTensor(tensor));
    });
  }

  it('gives the card exporter’s own bytes for the naive and the row-wise quantizer', () => {
    const naive = quantizeTensor(
      original,
      SHAPE,
      { bits: 8, group: 'tensor', zeroPoint: false },
      { search: 'widest' },
      'w',
    );
    expect(packQuantized(naive)!.bytes).to.deep.equal(packTensor(original, 'int8', SHAPE, 'w').bytes);
    const byRow = quantizeTensor(
      original,
      SHAPE,
      { bits: 8, group: 'row', zeroPoint: false },
      { search: 'widest' },
      'w',
    );
    const values = (packed: ReturnType<typeof packTensor>) => unpackTensor(packed);
    const exported = packTensor(original, 'int8_row', SHAPE, 'w');
    expect(relativeError(values(exported), values(packQuantized(byRow)!))).to.be.below(1e-6);
  });

  it('has no format for zero points and small groups', () => {
    expect(cardFormatOf({ bits: 4, group: 32, zeroPoint: true })).to.have.property('why');
    expect(cardFormatOf({ bits: 8, group: 32, zeroPoint: false })).to.have.property('why');
    expect(cardFormatOf({ bits: 4, group: 16, zeroPoint: false })).to.have.property('why');
  });
});

describe('sizes of a grid', () => {
  it('counts codes, scales and zero points', () => {
    const grid: Grid = { bits: 4, group: 20, zeroPoint: true };
    const tensor = quantizeTensor(weights(4), SHAPE, grid, { search: 'widest' }, 'w');
    expect(bitsPerWeight(tensor)).to.equal(4 + (20 * 4 * 2) / 76 / 2);
    expect(codeEntropy(tensor)).to.be.within(0, 4);
  });

  it('is one bit of entropy for as many of each of two codes', () => {
    expect(codeEntropy({ codes: Int8Array.of(-1, 1, -1, 1) })).to.equal(1);
  });
});
