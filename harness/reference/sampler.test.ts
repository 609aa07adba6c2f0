import { expect } from 'chai';
import { f32 } from './float32-math.js';
import { createDraws, createSampler } from './sampler.js';

/** The page's generator in unbounded integers. */
function exactDraws(seed: number, count: number): number[] {
  const mask = 0xffffffffn;
  let state = BigInt(seed);
  return Array.from({ length: count }, () => {
    state = (state + 0x9e3779b9n) & mask;
    let z = state;
    z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & mask;
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
    z ^= z >> 15n;
    return Number(z >> 8n) / 2 ** 24;
  });
}

describe('sampler', () => {
  it('draws the numbers of the page from any seed', () => {
    for (const seed of [0, 1, 42, 0x7fffffff, 0x80000000, 0xffffffff]) {
      const draw = createDraws(seed);
      expect(Array.from({ length: 500 }, draw)).to.deep.equal(exactDraws(seed, 500));
    }
  });

  it('takes the lowest id among equal logits when greedy', () => {
    const sample = createSampler({ temperature: 0, topK: 0, seed: 1 });
    expect(sample(Float32Array.of(1, 5, 5, 2))).to.equal(1);
  });

  it('chooses in proportion to the probabilities, sharper when colder', () => {
    const logits = Float32Array.of(Math.log(0.2), Math.log(0.5), Math.log(0.3));
    expect(shares(logits, 1)).to.satisfy(near([0.2, 0.5, 0.3]));
    const cold = [0.04, 0.25, 0.09].map((p) => p / 0.38);
    expect(shares(logits, 0.5)).to.satisfy(near(cold));
  });

  it('keeps to the k largest, and with one to the largest', () => {
    const logits = Float32Array.of(0, 3, 1, 2.9, 2.8);
    const [zero, one, two, three, four] = shares(logits, 1, 3);
    expect([zero, two]).to.deep.equal([0, 0]);
    expect(Math.min(one!, three!, four!)).to.be.above(0.2);
    expect(shares(logits, 1, 1)).to.deep.equal([0, 1, 0, 0, 0]);
  });

  it('adds candidates in falling order with top-k, in rising order of id without', () => {
    const seed = seedWhoseFirstDraw((u) => u < 0.3);
    const logits = Float32Array.of(Math.log(0.4), Math.log(0.6));
    expect(createSampler({ temperature: 1, topK: 0, seed })(logits)).to.equal(0);
    expect(createSampler({ temperature: 1, topK: 2, seed })(logits)).to.equal(1);
  });

  it('takes more candidates than there are tokens for all of them', () => {
    expect(shares(Float32Array.of(0, 0), 1, 64)).to.satisfy(near([0.5, 0.5]));
  });

  it('takes the first token whose running sum exceeds the limit, never one that equals it', () => {
    // This seed's first state is 0, so that u and the limit are 0, and e^-200 vanishes: its running sum equals the limit.
    const seed = 2 ** 32 - 0x9e3779b9;
    expect(exactDraws(seed, 1)).to.deep.equal([0]);
    const sample = createSampler({ temperature: 1, topK: 0, seed });
    expect(sample(Float32Array.of(-200, 0, -200))).to.equal(1);
  });

  it('makes one draw a token', () => {
    const logits = Float32Array.of(0, f32(Math.LN2), 1, -1);
    const sample = createSampler({ temperature: 1, topK: 0, seed: 99 });
    const chosen = Array.from({ length: 20 }, () => sample(logits));
    const weights = [1, 2, Math.E, 1 / Math.E];
    const ends = weights.map((_, i) => weights.slice(0, i + 1).reduce((a, b) => a + b));
    const expected = exactDraws(99, 20).map((u) => ends.findIndex((end) => end > u * ends.at(-1)!));
    expect(chosen).to.deep.equal(expected);
  });
});

function shares(logits: Float32Array, temperature: number, topK = 0): number[] {
  const sample = createSampler({ temperature, topK, seed: 5 });
  const counts = new Array<number>(logits.length).fill(0);
  const draws = 20_000;
  for (let i = 0; i < draws; i++) counts[sample(logits)]! += 1 / draws;
  return counts.map((count) => Number(count.toFixed(6)));
}

function near(expected: readonly number[]): (found: readonly number[]) => boolean {
  return (found) => found.every((share, i) => Math.abs(share - expected[i]!) < 0.015);
}

function seedWhoseFirstDraw(fits: (u: number) => boolean): number {
  for (let seed = 0; ; seed++) if (fits(exactDraws(seed, 1)[0]!)) return seed;
}
