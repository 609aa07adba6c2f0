import { expect } from 'chai';
import { f32 } from './float32-math.js';
import { expDouble, logDouble, ropeFrequencies, rotateHeads, rotationAt } from './rope.js';

describe('RoPE', () => {
  it('has a logarithm in binary64 good to 4e-16 of the result', () => {
    for (const x of [0.001, 0.3, 0.71, 1, 1.5, 2, 10, 10_000, 500_000, 1e6]) {
      const exact = Math.log(x);
      expect(Math.abs(logDouble(x) - exact), `log ${x}`).to.be.at.most(4e-16 * Math.abs(exact));
    }
  });

  it('has an exponential in binary64 good to 2e-15 of the result', () => {
    for (let x = -20; x <= 20; x += 0.0625) {
      expect(Math.abs(expDouble(x) - Math.exp(x)), `exp ${x}`).to.be.at.most(2e-15 * Math.exp(x));
    }
  });

  it('has the frequencies theta^(-2i/headSize), rounded to binary32 once', () => {
    for (const [headSize, theta] of [
      [96, 10_000],
      [8, 10_000],
      [64, 500_000],
      [2, 10_000],
    ] as const) {
      const exact = Array.from({ length: headSize / 2 }, (_, i) => f32(theta ** ((-2 * i) / headSize)));
      expect([...ropeFrequencies(headSize, theta)]).to.deep.equal(exact);
    }
  });

  it('turns each pair of an element and the one half a head further', () => {
    const vector = Float32Array.of(1, 0, 0, 2, 0, 1, 3, 0);
    rotateHeads(vector, { cosines: Float32Array.of(0.6, 0), sines: Float32Array.of(0.8, 1) });
    const expected = [0.6, -2, 0.8, 0, -2.4, 0, 1.8, 1];
    for (const [i, value] of expected.entries()) expect(vector[i], `element ${i}`).to.be.closeTo(value, 1e-6);
  });

  it('turns by position times frequency, rounded to binary32', () => {
    const frequencies = ropeFrequencies(8, 10_000);
    const { cosines, sines } = rotationAt(301, frequencies);
    for (const [i, frequency] of frequencies.entries()) {
      expect(cosines[i]).to.be.closeTo(Math.cos(f32(301 * frequency)), 1e-7);
      expect(sines[i]).to.be.closeTo(Math.sin(f32(301 * frequency)), 1e-7);
    }
  });
});
