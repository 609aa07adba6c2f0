import { expect } from 'chai';
import { refusal } from './model-fixtures.js';
import { packTensor } from './pack-tensor.js';
import { randomBits } from './random-bits.js';
import { type CodedFormat, decodeRow, emptyRow } from './row-codec.js';
import { unpackTensor } from './unpack-tensor.js';
import { rowBytes, WEIGHT_FORMATS, type WeightFormat } from './weight-format.js';

/** The codes that an encoder may write. */
const LEVELS: Readonly<Record<CodedFormat, readonly number[]>> = {
  int8: Array.from({ length: 255 }, (_, i) => i - 127),
  int8_row: Array.from({ length: 255 }, (_, i) => i - 127),
  int4: Array.from({ length: 15 }, (_, i) => i - 7),
  int2: [-3, -1, 1, 3],
  ternary: [-1, 0, 1],
  ternary_2bit: [-1, 0, 1],
  binary: [-1, 1],
};
const coded = Object.keys(LEVELS) as CodedFormat[];
const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 64, 65, 100, 192, 257];

/** Bell-shaped weights whose spread differs from row to row by powers of ten, and a few outliers. */
function randomWeights(rows: number, cols: number, seed: number): Float32Array {
  const next = randomBits(seed);
  const uniform = () => next() / 2 ** 32 - 0.5;
  const values = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const spread = 10 ** Math.round(6 * uniform());
    for (let i = 0; i < cols; i++) {
      const outlier = next() % 50 === 0 ? 20 : 1;
      values[row * cols + i] = (uniform() + uniform() + uniform() + uniform()) * spread * outlier;
    }
  }
  return values;
}

/** One row, packed and taken apart: its codes, and the scale of each weight. */
function packRow(values: readonly number[] | Float32Array, format: CodedFormat) {
  const cols = values.length;
  const tensor = packTensor(Float32Array.from(values), format, { layers: 1, rows: 1, cols }, 'row');
  const row = emptyRow(format, cols);
  decodeRow(format, tensor.bytes, row);
  const scales = tensor.scales ?? row.scales;
  const scaleOf = (i: number) => scales[scales.length === 1 ? 0 : Math.floor(i / 32)]!;
  return { codes: [...row.codes], scales: [...scales], scaleOf, values: [...unpackTensor(tensor)], tensor };
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function squaredError(values: ArrayLike<number>, levels: readonly number[], scale: number): number {
  return Array.from(values).reduce((sum, value) => {
    return sum + Math.min(...levels.map((level) => (value - level * scale) ** 2));
  }, 0);
}

describe('packTensor', () => {
  it('stores weights that a format holds exactly, to the byte', () => {
    const hex = (format: WeightFormat, values: readonly number[]) => {
      const shape = { layers: 1, rows: 1, cols: values.length };
      return hexOf(packTensor(Float32Array.from(values), format, shape, 'w').bytes);
    };
    expect(hex('float32', [1.5, -2])).to.equal('0000c03f000000c0');
    expect(hex('float16', [1.5, -2, 2 ** -24])).to.equal('003e00c00100');
    expect(hex('bfloat16', [1.5, -2, 2 ** -133])).to.equal('c03f00c00100');
    expect(hex('int8', [-127, 0, 127, -1])).to.equal('81007fff');
    expect(hex('int8_row', [-63.5, 0, 0.5])).to.equal('0000003f01808100');
    expect(hex('int4', [-7, 7, 3])).to.equal('803f0000f10b0000');
    expect(hex('int2', [-6, -2, 2, 6, 6, -6])).to.equal('00400000e4030000');
    expect(hex('ternary', [-1.5, 0, 1.5, 1.5, 0, 1.5, -1.5])).to.equal('0000c03f9c020000');
    expect(hex('ternary_2bit', [-1.5, 0, 1.5, 1.5, 0])).to.equal('0000c03fa4010000');
    expect(hex('binary', [0.25, -0.25, -0.25, 0.25, 0.25, 0.25, -0.25, 0.25, -0.25, 0.25])).to.equal(
      '0000803eb9020000',
    );
  });

  for (const format of WEIGHT_FORMATS) {
    it(`packs any number of columns and layers in ${format}, each row by itself`, () => {
      for (const [seed, cols] of WIDTHS.entries()) {
        const shape = { layers: 2, rows: 3, cols };
        const values = randomWeights(6, cols, seed);
        const { bytes } = packTensor(values, format, shape, 'w');
        const size = rowBytes(format, cols);
        expect(bytes.length).to.equal(6 * size);
        if (format === 'int8') continue; // one scale a layer, which the next test looks at
        for (let row = 0; row < 6; row++) {
          const alone = values.slice(row * cols, (row + 1) * cols);
          const packed = packTensor(alone, format, { layers: 1, rows: 1, cols }, 'w');
          expect(hexOf(bytes.subarray(row * size, (row + 1) * size))).to.equal(hexOf(packed.bytes));
        }
      }
    });
  }

  it('gives int8 one scale a layer', () => {
    const values = Float32Array.of(1, -12.7, 254, 0);
    const { scales, bytes } = packTensor(values, 'int8', { layers: 2, rows: 1, cols: 2 }, 'w');
    expect(scales).to.deep.equal([Math.fround(Math.fround(12.7) / 127), 2]);
    expect([...new Int8Array(bytes.buffer)]).to.deep.equal([10, -127, 127, 0]);
  });

  for (const format of coded) {
    it(`gives every weight the nearest value that its scale offers in ${format}`, () => {
      for (const [seed, cols] of WIDTHS.entries()) {
        const weights = randomWeights(1, cols, 100 + seed);
        const { codes, scaleOf } = packRow(weights, format);
        for (const [i, weight] of weights.entries()) {
          const distance = (level: number) => Math.abs(weight - level * scaleOf(i));
          const least = Math.min(...LEVELS[format].map(distance));
          expect(LEVELS[format]).to.include(codes[i]!);
          expect(distance(codes[i]!)).to.be.at.most(least * (1 + 1e-6), `${cols} weights, weight ${i}`);
        }
      }
    });

    it(`unpacks ${format} as code times scale, rounded to float32 once`, () => {
      const weights = randomWeights(1, 257, 7);
      const { codes, scaleOf, values } = packRow(weights, format);
      // A code of 0 times a positive scale is +0 whatever the weight's sign was.
      expect(values).to.deep.equal(codes.map((code, i) => Math.fround(code * scaleOf(i))));
    });

    it(`stores zeros of either sign as zeros in ${format}`, () => {
      const { scales, values, tensor } = packRow([0, -0, 0, 0, -0], format);
      expect(scales).to.deep.equal(format === 'int8' ? [2 ** -126] : [0]);
      if (format !== 'int8') expect(hexOf(tensor.bytes.subarray(0, 4))).to.equal('00000000');
      expect(values).to.satisfy(() => values.every((value) => Object.is(value, 0)));
    });
  }

  it('is off by half a step at most in int8 and int8_row, subnormal weights included', () => {
    for (const format of ['int8', 'int8_row'] as const) {
      for (const factor of [1, 1e-30, 1e-37, 1e-40, 1e-43]) {
        const weights = randomWeights(1, 100, 3).map((value) => value * factor);
        const { values, scaleOf } = packRow(weights, format);
        for (const [i, weight] of weights.entries()) {
          const bound = (scaleOf(i) / 2) * (1 + 1e-4);
          expect(Math.abs(weight - values[i]!)).to.be.at.most(bound, `${format}, times ${factor}`);
        }
      }
    }
  });

  it('rounds to the nearest float16 and bfloat16', () => {
    const weights = randomWeights(1, 257, 11);
    const unpacked = (format: WeightFormat) =>
      unpackTensor(packTensor(weights, format, { layers: 1, rows: 1, cols: 257 }, 'w'));
    const [half, brain] = [unpacked('float16'), unpacked('bfloat16')];
    for (const [i, weight] of weights.entries()) {
      expect(Math.abs(half[i]! - weight)).to.be.at.most(Math.max(Math.abs(weight) * 2 ** -11, 2 ** -25));
      expect(Math.abs(brain[i]! - weight)).to.be.at.most(Math.abs(weight) * 2 ** -8);
    }
  });

  it('finds the scale with the least squared error for ternary and binary', () => {
    for (const format of ['ternary', 'ternary_2bit', 'binary'] as const) {
      for (const [seed, cols] of WIDTHS.entries()) {
        const weights = randomWeights(1, cols, 200 + seed);
        const { scales } = packRow(weights, format);
        const error = squaredError(weights, LEVELS[format], scales[0]!);
        const largest = Math.max(...weights.map(Math.abs));
        for (let k = 0; k <= 200; k++) {
          const other = squaredError(weights, LEVELS[format], (largest * k) / 200);
          expect(error).to.be.at.most(other * (1 + 1e-5), `${format}, ${cols} weights, scale ${k}/200`);
        }
      }
    }
  });

  it('finds nearly the least squared error for int4 and int2: at most a sixth above the best of 1000 scales', () => {
    for (const format of ['int4', 'int2'] as const) {
      for (let seed = 0; seed < 40; seed++) {
        const weights = randomWeights(1, 32, 300 + seed);
        const { scales } = packRow(weights, format);
        const levels = LEVELS[format];
        const widest = Math.max(...weights.map(Math.abs)) / levels.at(-1)!;
        const best = Math.min(
          ...Array.from({ length: 1000 }, (_, k) => squaredError(weights, levels, (widest * (k + 1)) / 1000)),
        );
        expect(squaredError(weights, levels, scales[0]!)).to.be.at.most(best * (7 / 6), `${format} ${seed}`);
      }
    }
  });

  it('keeps a single outlier among zeros, where the format has a zero', () => {
    const row = (outlier: number) => Array.from({ length: 40 }, (_, i) => (i === 35 ? outlier : 0));
    for (const format of ['int8', 'int8_row', 'int4', 'ternary', 'ternary_2bit'] as const) {
      const { values } = packRow(row(-896), format);
      for (const [i, value] of values.entries()) {
        const expected = i === 35 ? -896 : 0;
        expect(value, `${format}[${i}]`).to.be.closeTo(expected, 896 * 2 ** -22);
      }
    }
  });

  it('never makes a scale that is not finite, from the smallest to the largest weights', () => {
    for (const format of coded) {
      for (const size of [2 ** -149, 2 ** -140, 2 ** -126, 1, 3e38]) {
        const { scales, values } = packRow([size, -size, size / 2, 0, size], format);
        expect(scales.every((scale) => Number.isFinite(scale) && scale >= 0)).to.equal(true);
        expect(values.every(Number.isFinite), `${format} of ${size}: ${values}`).to.equal(true);
      }
    }
  });

  it('reaches the same values from its own: packing again changes nothing', () => {
    for (const format of WEIGHT_FORMATS.filter((name) => !name.startsWith('int8'))) {
      for (const [seed, cols] of WIDTHS.entries()) {
        const shape = { layers: 1, rows: 2, cols };
        const once = packTensor(randomWeights(2, cols, 400 + seed), format, shape, 'w');
        const twice = packTensor(unpackTensor(once), format, shape, 'w');
        expect(hexOf(twice.bytes), `${format}, ${cols} weights`).to.equal(hexOf(once.bytes));
      }
    }
  });

  it('refuses what would overflow, by name, index and value', async () => {
    const shape = { layers: 1, rows: 1, cols: 2 };
    const { code, message } = await refusal(() =>
      packTensor(Float32Array.of(1, -70000), 'float16', shape, 'q_proj'),
    );
    expect(code).to.equal('weight-overflow');
    expect(message).to.equal('q_proj[1] = -70000 does not fit float16');
  });
});
