import { expect } from 'chai';
import {
  bitsToBfloat16,
  bitsToFloat16,
  float16ToBits,
  narrowFloats,
  nearestBfloat16,
  widenFloats,
} from './float-formats.js';
import { refusal } from './model-fixtures.js';
import { randomBits } from './random-bits.js';

const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function floatOf(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** A float16's value by the standard's own formula. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Fails unless `chosen` is the nearest to `value`, and even when a neighbour is equally near. */
function expectNearest(value: number, chosen: number, decode: (code: number) => number): void {
  const error = Math.abs(decode(chosen) - value);
  for (const neighbour of [chosen - 1, chosen + 1]) {
    if ((neighbour & 0x7fff) >>> 15 !== 0 || (neighbour ^ chosen) & 0x8000) continue;
    const other = Math.abs(decode(neighbour) - value);
    if (other < error || (other === error && (chosen & 1) === 1)) {
      expect.fail(
        `${value} became ${decode(chosen)}, but ${decode(neighbour)} is nearer, or as near and even`,
      );
    }
  }
}

describe('float formats', () => {
  it('widen every float16 to the value that the standard gives it', () => {
    for (let half = 0; half < 0x10000; half++) {
      const expected = halfValue(half);
      if (!Object.is(floatOf(float16ToBits(half)), expected)) expect.fail(`float16 0x${half.toString(16)}`);
    }
  });

  it('narrow every float16 value back to itself', () => {
    for (let half = 0; half < 0x10000; half++) {
      if ((half & 0x7fff) <= 0x7c00 && bitsToFloat16(float16ToBits(half)) !== half) {
        expect.fail(`float16 0x${half.toString(16)}`);
      }
    }
  });

  it('narrow to the nearest float16, ties to even, subnormals too', () => {
    const next = randomBits(16);
    for (let i = 0; i < 50000; i++) {
      const exponent = 127 - 27 + (next() % 42);
      const tie = next() % 4 === 0 ? 0x7ff000 : 0x7fffff;
      const value = floatOf(((next() & 1) << 31) | (exponent << 23) | (next() & tie));
      expectNearest(value, bitsToFloat16(bitsOf(value)), halfValue);
    }
    expect(bitsToFloat16(bitsOf(2 ** -25))).to.equal(0);
    expect(bitsToFloat16(bitsOf(2 ** -25 * 1.0001))).to.equal(1);
    expect(bitsToFloat16(bitsOf(-(2 ** -24) * 1.5))).to.equal(0x8002);
    expect(bitsToFloat16(bitsOf(65519))).to.equal(0x7bff);
    expect(bitsToFloat16(bitsOf(65520))).to.equal(0x7c00);
  });

  it('narrow to the nearest bfloat16, ties to even', () => {
    const next = randomBits(17);
    for (let i = 0; i < 50000; i++) {
      const bits = next() & (next() % 4 === 0 ? 0xffff8000 : 0xffffffff);
      if ((bits & 0x7f800000) >>> 0 >= 0x7f000000) continue;
      expectNearest(floatOf(bits), bitsToBfloat16(bits >>> 0), (code) => floatOf(code << 16));
    }
    expect(bitsToBfloat16(0x3f808000)).to.equal(0x3f80);
    expect(bitsToBfloat16(0x3f818000)).to.equal(0x3f82);
    expect(nearestBfloat16(1 + 2 ** -8 + 2 ** -20)).to.equal(1 + 2 ** -7);
    expect(nearestBfloat16(1 + 2 ** -8)).to.equal(1);
    expect(nearestBfloat16(2 ** -135)).to.equal(0);
  });

  it('refuse a weight that would become infinite, by name and index', async () => {
    const large = Float32Array.of(1, -1e5);
    expect((await refusal(() => narrowFloats(large, 'float16', 'lm_head'))).message).to.equal(
      'lm_head[1] = -100000 does not fit float16',
    );
    const largest = Float32Array.of(3.4028234663852886e38);
    expect((await refusal(() => narrowFloats(largest, 'bfloat16', 'w'))).code).to.equal('weight-overflow');
    expect(narrowFloats(large, 'bfloat16', 'w')).to.have.length(4);
  });

  it('keep float32 to the bit, at any offset of a buffer', () => {
    const values = Float32Array.of(9, 0.1, -0, 1e-42, 3).subarray(1, 4);
    const back = new Float32Array(3);
    widenFloats(narrowFloats(values, 'float32', 'w'), 'float32', back);
    expect([...back].map((v) => bitsOf(v))).to.deep.equal([...values].map((v) => bitsOf(v)));
  });
});
