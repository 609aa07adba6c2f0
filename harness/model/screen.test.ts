import { expect } from 'chai';
import { randomBits } from './random-bits.js';
import { buildScreen, screenBytes } from './screen.js';

/** Uniform in -1 .. 1. */
function uniform(seed: number): () => number {
  const next = randomBits(seed);
  return () => next() / 2 ** 31 - 1;
}

/** What the file says of one group, and how far that is from the weights: read from the page, apart from the writer. */
interface Group {
  readonly nibbles: readonly number[];
  readonly scale: number;
  readonly ratio: number;
  /** Euclidean norm of (w - v). */
  readonly error: number;
  /** Euclidean norm of w. */
  readonly norm: number;
  readonly largest: number;
}

function groupsOf(file: Uint8Array, head: ArrayLike<number>, rows: number, cols: number): Group[] {
  const perRow = Math.ceil(cols / 32);
  const rowBytes = Math.ceil(Math.ceil(cols / 2) / 4) * 4;
  const view = new DataView(file.buffer, file.byteOffset);
  const groups: Group[] = [];
  const ratioOf = (index: number): number => {
    const group = index % perRow;
    const row = Math.floor(index / perRow);
    const byte = file[rows * (rowBytes + 2 * perRow) + row * Math.ceil(perRow / 2) + (group >> 1)]!;
    return group % 2 === 0 ? byte & 15 : byte >> 4;
  };
  for (let index = 0; index < rows * perRow; index++) {
    const row = Math.floor(index / perRow);
    const first = (index % perRow) * 32;
    const count = Math.min(32, cols - first);
    const scale = bf16(view.getUint16(rows * rowBytes + 2 * index, true));
    const weights = Array.from({ length: count }, (_, i) => head[row * cols + first + i]!);
    const nibbles = weights.map((_, i) => {
      const element = first + i;
      return (file[row * rowBytes + (element >> 1)]! >> (element % 2 === 0 ? 0 : 4)) & 15;
    });
    groups.push({
      nibbles,
      scale,
      ratio: ratioOf(index),
      error: Math.hypot(...weights.map((w, i) => w - (nibbles[i]! - 8) * scale)),
      norm: Math.hypot(...weights),
      largest: Math.max(...weights.map(Math.abs)),
    });
  }
  return groups;
}

function bf16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}

function largestNormOf(file: Uint8Array): number {
  return new DataView(file.buffer, file.byteOffset).getFloat32(file.length - 4, true);
}

function requireGuarantee(head: Float32Array, rows: number, cols: number): Group[] {
  const file = buildScreen(head, rows, cols);
  expect(file.length).to.equal(screenBytes(rows, cols));
  const groups = groupsOf(file, head, rows, cols);
  let largestNorm = 0;
  for (let row = 0; row < rows; row++) {
    largestNorm = Math.max(largestNorm, Math.hypot(...head.subarray(row * cols, (row + 1) * cols)));
  }
  for (const { scale, ratio, error, largest } of groups) {
    expect(error).to.be.at.most(((8 + ratio) * scale) / 8);
    expect(scale).to.satisfy((s: number) => (largest === 0 ? s === 0 && ratio === 0 : s >= 2 ** -126));
  }
  expect(largestNormOf(file)).to.be.at.least(largestNorm);
  expect(largestNormOf(file)).to.be.at.most(Math.max(largestNorm * (1 + 2 ** -20), 2 ** -126));
  return groups;
}

describe('screen writer', () => {
  const shapes: readonly (readonly [number, number])[] = [
    [20, 192],
    [20, 33],
    [20, 31],
    [5, 1],
    [3, 70],
  ];
  const kinds: Readonly<Record<string, (u: () => number) => number>> = {
    'bell-shaped': (u) => u() + u() + u(),
    'heavy-tailed': (u) => (u() + u()) ** 9,
    huge: (u) => u() * 1e36,
    tiny: (u) => u() * 1e-36,
    subnormal: (u) => u() * 1e-42,
    'mostly zero': (u) => (u() > 0.9 ? u() : 0),
    'whole numbers': (u) => Math.round(7 * u()),
    'all negative': (u) => -Math.abs(u()) - 0.5,
  };

  for (const [name, draw] of Object.entries(kinds)) {
    it(`keeps its promise for every group of ${name} weights, ragged ones too`, () => {
      for (const [rows, cols] of shapes) {
        const u = uniform(rows * 1000 + cols);
        const head = Float32Array.from({ length: rows * cols }, () => draw(u));
        requireGuarantee(head, rows, cols);
      }
    });
  }

  it('keeps it for rows of zeros, single outliers and nearly the largest float', () => {
    const head = new Float32Array(4 * 64);
    head[64 + 40] = -1;
    head.fill(1e-3, 128, 192);
    head[130] = 1e6;
    head[192] = 3.4e38;
    head.fill(2 ** -149, 193, 256);
    const groups = requireGuarantee(head, 4, 64);
    expect(groups[0]).to.include({ scale: 0, ratio: 0 });
    const { ratio, scale } = groups[3]!;
    expect(((8 + ratio) * scale) / 8).to.be.at.most(1 / 7);
  });

  it('takes a head of zeros, whose largest norm is still positive', () => {
    expect(largestNormOf(buildScreen(new Float32Array(100), 2, 50))).to.equal(2 ** -126);
  });

  it('leaves room for weights that are products which float32 cannot hold', () => {
    const u = uniform(5);
    const scale = Math.fround(0.0123456789);
    const real = Float64Array.from({ length: 50 * 64 }, () => Math.round(127 * u()) * scale);
    const file = buildScreen(Float32Array.from(real), 50, 64);
    for (const { error, ratio, scale: s } of groupsOf(file, real, 50, 64)) {
      expect(error).to.be.at.most(((8 + ratio) * s) / 8);
    }
    // At the smallest scale there is: an error that just does not fill a ratio of 0, but could in the real weights.
    const nearly = new Float32Array(32);
    nearly[0] = 7 * 2 ** -126;
    nearly.fill(2 ** -127 - 2 ** -149, 1, 5);
    const [group] = groupsOf(buildScreen(nearly, 1, 32), nearly, 1, 32);
    expect(group!.scale).to.equal(2 ** -126);
    expect(group!.error).to.be.below(2 ** -126);
    expect(group!.ratio).to.equal(1);
    for (let rows = 1; rows < 40; rows++) {
      const product = (1 + rows * 2 ** -29) * 3;
      expect(largestNormOf(buildScreen(Float32Array.of(product), 1, 1))).to.be.at.least(product);
    }
  });

  it('proves errors near those of the best scale there is', () => {
    const u = uniform(6);
    const head = Float32Array.from({ length: 300 * 32 }, () => u() + u() + u());
    const groups = requireGuarantee(head, 300, 32);
    const proved = groups.reduce((sum, { ratio, scale, norm }) => sum + ((8 + ratio) * scale) / 8 / norm, 0);
    const plain = groups.reduce((sum, { largest, norm }, row) => {
      const s = largest / 7;
      const weights = head.subarray(row * 32, row * 32 + 32);
      return sum + Math.hypot(...weights.map((w) => w - Math.round(w / s) * s)) / norm;
    }, 0);

    expect(proved).to.be.below(0.9 * plain);
  });

  it('pads with zeros and writes the same bytes again', () => {
    const u = uniform(7);
    const head = Float32Array.from({ length: 3 * 35 }, u);
    const file = buildScreen(head, 3, 35);
    expect(file.length).to.equal(3 * (20 + 4 + 1) + 4);
    for (let row = 0; row < 3; row++) {
      expect(file[row * 20 + 17]! >> 4).to.equal(0);
      expect([...file.subarray(row * 20 + 18, row * 20 + 20)]).to.deep.equal([0, 0]);
    }
    expect(Buffer.compare(buildScreen(head.slice(), 3, 35), file)).to.equal(0);
    const three = buildScreen(Float32Array.from({ length: 2 * 96 }, u), 2, 96);
    for (const last of [three.length - 5, three.length - 7]) expect(three[last]! >> 4).to.equal(0);
  });

  it('knows the size for a head of Tiny-LLM', () => {
    expect(screenBytes(32000, 192)).to.equal(3_552_004);
  });

  it('refuses a wrong count, weights that are no finite numbers, and norms that float32 cannot hold', () => {
    expect(() => buildScreen(new Float32Array(63), 2, 32)).to.throw(RangeError, 'has not 63');
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const head = new Float32Array(96).fill(1);
      head[50] = bad;
      expect(() => buildScreen(head, 3, 32)).to.throw(RangeError, 'row 1 of the head');
    }
    expect(() => buildScreen(new Float32Array(64).fill(1e38), 2, 32)).to.throw(RangeError, 'too large');
  });
});
