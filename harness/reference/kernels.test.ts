import { expect } from 'chai';
import { exp, f32 } from './float32-math.js';
import { accumulate, dot, gateUp, largest, multiply, rmsNorm, softmax, sum } from './kernels.js';

/** Absorbs a 1 that is added to it in binary32: the order of additions shows. */
const BIG = 2 ** 25;

function ones(count: number): Float32Array {
  return new Float32Array(count).fill(1);
}

describe('dot and sum', () => {
  const laneCases: { readonly values: readonly number[]; readonly result: number; readonly why: string }[] = [
    { values: [BIG, 1, 0, 0, -BIG, 0, 0, 0], result: 1, why: 'in one lane the big ones meet before the 1' },
    { values: [BIG, 1, -BIG, 0], result: 0, why: 's0 + s1 loses the 1 before s2 is added' },
    {
      values: [1, BIG, 0, 0, 0, -BIG, 0, 0],
      result: 1,
      why: 'lane 1 cancels, from left to right it would not',
    },
    { values: [0, 0, BIG, 1, -BIG, 0, 0, 0], result: 0, why: 's2 + s3 is a pair of its own' },
    { values: [0, 0, 0, 0, BIG, 1, 1, -BIG], result: 0, why: 'each 1 is lost in its own pair' },
    { values: [1, 0, 0, 0, BIG, 0, 0, 0, -BIG], result: 0, why: 'a lane adds in rising order' },
    { values: [BIG, 0, 0, 0, -BIG, 0, 0, 0, 1], result: 1, why: 'a lane adds in rising order' },
  ];
  for (const { values, result, why } of laneCases) {
    it(`gives ${result} for ${values.join(' ')}: ${why}`, () => {
      const a = Float32Array.from(values);
      expect(dot(a, ones(a.length), a.length)).to.equal(result);
      expect(sum(a, a.length)).to.equal(result);
    });
  }

  it('put a remainder into its own lanes', () => {
    const cancels = (remainder: readonly number[]): number => {
      const a = Float32Array.from([BIG, BIG, BIG, 0, ...remainder]);
      return dot(a, ones(a.length), a.length);
    };
    expect(cancels([-BIG])).to.equal(2 * BIG);
    expect(cancels([-BIG, -BIG, 1])).to.equal(BIG);
    expect(cancels([-BIG, -BIG, -BIG])).to.equal(0);
  });

  it('agree with exact sums for every length from 0 to 13', () => {
    for (let n = 0; n <= 13; n++) {
      const a = Float32Array.from({ length: n }, (_, i) => i + 1);
      expect(dot(a, a, n)).to.equal((n * (n + 1) * (2 * n + 1)) / 6);
      expect(sum(a, n)).to.equal((n * (n + 1)) / 2);
    }
  });

  it('round the product before it is added', () => {
    for (const [lane, place] of [0, 1, 2, 3].flatMap(
      (lane) =>
        [
          [lane, 4],
          [lane, 8],
        ] as const,
    )) {
      const a = new Float32Array(place === 4 ? 5 + lane : 12);
      const b = new Float32Array(a.length);
      // In one lane: -(1 + 2^-22), then (1 + 2^-23)^2, which is 2^-46 larger before it is rounded.
      [a[lane], b[lane]] = [-1, 1 + 2 ** -22];
      [a[place + lane], b[place + lane]] = [1 + 2 ** -23, 1 + 2 ** -23];
      expect(dot(a, b, a.length), `lane ${lane}, element ${place + lane}`).to.equal(0);
    }
  });

  it('start where they are told to', () => {
    const a = Float32Array.of(9, 1, 2, 3, 9);
    expect(dot(a, Float32Array.of(9, 9, 1, 10, 100), 3, 1, 2)).to.equal(321);
  });
});

describe('kernels', () => {
  it('multiply takes a row for each output', () => {
    const out = new Float32Array(2);
    multiply(out, Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 10, 100));
    expect([...out]).to.deep.equal([321, 654]);
  });

  it('rmsNorm scales to a root mean square of 1, times the weight', () => {
    const out = new Float32Array(4);
    rmsNorm(out, Float32Array.of(3, -3, 3, -3), Float32Array.of(1, 2, 3, 4), f32(1e-5));
    for (const [i, value] of [1, -2, 3, -4].entries()) expect(out[i]).to.be.closeTo(value, 1e-5);
  });

  it('softmax gives probabilities of the first scores alone, however large they are', () => {
    const scores = Float32Array.of(1000, 1000 + f32(Math.LN2), 7);
    softmax(scores, 2);
    expect(scores[0]).to.be.closeTo(1 / 3, 1e-5);
    expect(scores[1]).to.be.closeTo(2 / 3, 1e-5);
    expect(scores[2]).to.equal(7);
  });

  it('gateUp survives gates far below zero', () => {
    const gate = Float32Array.of(-200, 0, 200, 1);
    gateUp(gate, Float32Array.of(3, 3, 3, 2));
    expect(Math.abs(gate[0]!)).to.equal(0);
    expect([gate[1], gate[2]]).to.deep.equal([0, 600]);
    expect(gate[3]).to.equal(f32(f32(1 / f32(1 + exp(-1))) * 2));
  });

  it('accumulate and largest', () => {
    const x = Float32Array.of(1, -2, 5);
    accumulate(x, Float32Array.of(10, 20, 30));
    expect([...x]).to.deep.equal([11, 18, 35]);
    expect(largest(x, 2)).to.equal(18);
  });
});
