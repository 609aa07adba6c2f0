import { expect } from 'chai';
import { randomBits } from '../model/random-bits.js';
import { Activation, toFixedPoint } from './activation.js';
import { floatOf } from './testing/packed-fixtures.js';
import { slowFixedPoint } from './testing/slow-product.js';

const LARGEST = floatOf(0x7f7fffff);

function codesOf(...values: number[]): number[] {
  return [...toFixedPoint(Float32Array.from(values)).codes];
}

function scaleOf(...values: number[]): number {
  return toFixedPoint(Float32Array.from(values)).scale;
}

describe('fixed-point activations', () => {
  it('are those of exact arithmetic, whatever the magnitude', () => {
    const next = randomBits(11);
    for (let exponent = 28; exponent < 254; exponent += 3) {
      const x = Float32Array.from({ length: 40 }, () =>
        floatOf((next() & 0x81ffffff) + (exponent << 23) - (1 << 24)),
      );
      const { codes, scale } = toFixedPoint(x);
      const expected = slowFixedPoint([...x]);
      expect([...codes], `exponent ${exponent}`).to.deep.equal(expected.codes.map(Number));
      expect(scale).to.equal(expected.scale);
    }
  });

  it('give the largest magnitude the code 32767 or -32767', () => {
    for (const amax of [1, 3, 1e-30, 1e30, LARGEST, 2 ** -100, floatOf(0x3f7fffff), floatOf(0x3f800001)]) {
      expect(codesOf(amax, -amax, 0), String(amax)).to.deep.equal([32767, -32767, 0]);
    }
  });

  it('round halves away from zero, after one rounding of the sum', () => {
    expect(codesOf(32767, 0.5, -0.5, 1.5, -2.5, 0.49, -0.49)).to.deep.equal([32767, 1, -1, 2, -3, 0, 0]);
    expect(codesOf(32767, floatOf(0x3effffff)), 'just below a half: adding a half gives 1').to.deep.equal([
      32767, 1,
    ]);
    expect(codesOf(32767, floatOf(0x3efffffe))).to.deep.equal([32767, 0]);
  });

  it('have the scale amax / 32767', () => {
    expect(scaleOf(32767, -5)).to.equal(1);
    expect(scaleOf(1, -2)).to.equal(Math.fround(2 / 32767));
  });

  it('have the scale NaN and no codes when an element is NaN or infinite', () => {
    for (const odd of [Number.NaN, Infinity, -Infinity]) {
      expect(codesOf(1, odd, -1)).to.deep.equal([0, 0, 0]);
      expect(scaleOf(1, odd, -1)).to.deep.equal(Number.NaN);
    }
  });

  it('have the scale +0 and no codes when everything is below 2^-100', () => {
    const tiny = floatOf(0x0d7fffff);
    for (const x of [
      [0, 0],
      [-0, -0],
      [tiny, -tiny],
      [floatOf(1), 0],
    ]) {
      expect(codesOf(...x)).to.deep.equal([0, 0]);
      expect(scaleOf(...x)).to.deep.equal(0);
    }
    expect(scaleOf(tiny, 2 ** -100)).to.be.above(0);
  });

  it('look at their own part of a buffer only, and are made once', () => {
    const whole = Float32Array.of(100, 1, -0.5, 100);
    const activation = new Activation(whole.subarray(1, 3));
    expect([...activation.fixedPoint.codes]).to.deep.equal([32767, -16384]);
    expect(activation.fixedPoint).to.equal(activation.fixedPoint);
  });
});
