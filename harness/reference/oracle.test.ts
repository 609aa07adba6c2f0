import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import type { Checkpoint, LlamaConfig } from '../model/checkpoint.js';
import { makeModel } from '../model/make-model.js';
import { createOracle } from './oracle.js';

/** Three layers, grouped queries, and sizes that are no multiples of 4. */
const ODD: LlamaConfig = {
  hiddenSize: 18,
  ffnSize: 23,
  layers: 3,
  heads: 6,
  kvHeads: 2,
  headSize: 6,
  vocabSize: 37,
  contextLength: 32,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};

const TOKENS = [1, 5, 36, 0, 17, 17, 9, 30, 2, 8, 11, 4];

function odd(change: Partial<LlamaConfig> = {}): Checkpoint {
  return makeModel({ ...ODD, ...change }, { seed: 7 });
}

/** All of Llama in binary64, over the whole sequence at once: as little like the oracle as it can be. */
function naiveLogits({ config, tensors }: Checkpoint, tokens: readonly number[]): number[][] {
  const { hiddenSize, ffnSize, layers, heads, kvHeads, headSize, vocabSize } = config;
  const rows = (values: Float32Array, first: number, count: number, columns: number): number[][] =>
    Array.from({ length: count }, (_, r) => [
      ...values.subarray((first + r) * columns, (first + r + 1) * columns),
    ]);
  const times = (matrix: number[][], x: number[]): number[] =>
    matrix.map((row) => row.reduce((total, weight, i) => total + weight * x[i]!, 0));
  const plus = (a: number[], b: number[]): number[] => a.map((value, i) => value + b[i]!);
  const norm = (x: number[], weight: Float32Array, layer: number): number[] => {
    const meanSquare = x.reduce((total, value) => total + value * value, 0) / x.length;
    return x.map((v, i) => (v / Math.sqrt(meanSquare + config.rmsNormEps)) * weight[layer * hiddenSize + i]!);
  };
  const turn = (x: number[], position: number): number[] =>
    x.map((value, i) => {
      const [head, at] = [Math.floor(i / headSize), i % headSize];
      const pair = at % (headSize / 2);
      const angle = position / config.ropeTheta ** ((2 * pair) / headSize);
      const other = x[head * headSize + ((at + headSize / 2) % headSize)]!;
      return value * Math.cos(angle) + (at < headSize / 2 ? -1 : 1) * other * Math.sin(angle);
    });
  let stream = tokens.map((token) => rows(tensors.embed_tokens, token, 1, hiddenSize)[0]!);
  for (let layer = 0; layer < layers; layer++) {
    const part = (values: Float32Array, count: number, columns: number) =>
      rows(values, layer * count, count, columns);
    const normed = stream.map((x) => norm(x, tensors.norm1, layer));
    const q = normed.map((h, t) => turn(times(part(tensors.q_proj, heads * headSize, hiddenSize), h), t));
    const k = normed.map((h, t) => turn(times(part(tensors.k_proj, kvHeads * headSize, hiddenSize), h), t));
    const v = normed.map((h) => times(part(tensors.v_proj, kvHeads * headSize, hiddenSize), h));
    const attended = q.map((query, t) =>
      query.map((_, i) => {
        const head = Math.floor(i / headSize);
        const shared = Math.floor((head * kvHeads) / heads) * headSize;
        const scores = k.slice(0, t + 1).map((key) => {
          let score = 0;
          for (let d = 0; d < headSize; d++) score += query[head * headSize + d]! * key[shared + d]!;
          return Math.exp(score / Math.sqrt(headSize));
        });
        const all = scores.reduce((total, score) => total + score, 0);
        return scores.reduce((total, score, s) => total + (score / all) * v[s]![shared + (i % headSize)]!, 0);
      }),
    );
    const output = part(tensors.o_proj, hiddenSize, heads * headSize);
    stream = stream.map((x, t) => plus(x, times(output, attended[t]!)));
    stream = stream.map((x) => {
      const h = norm(x, tensors.norm2, layer);
      const gate = times(part(tensors.gate_proj, ffnSize, hiddenSize), h);
      const up = times(part(tensors.up_proj, ffnSize, hiddenSize), h);
      const active = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!);
      return plus(x, times(part(tensors.down_proj, hiddenSize, ffnSize), active));
    });
  }
  const head = rows(tensors.lm_head, 0, vocabSize, hiddenSize);
  return stream.map((x) => times(head, norm(x, tensors.final_norm, 0)));
}

function oracleLogits(checkpoint: Checkpoint, tokens: readonly number[]): number[][] {
  const oracle = createOracle(checkpoint, { contextLength: tokens.length });
  return tokens.map((token, position) => [...oracle.forward(token, position)]);
}

function worstDifference(a: number[][], b: number[][]): number {
  return Math.max(...a.flatMap((row, t) => row.map((value, i) => Math.abs(value - b[t]![i]!))));
}

describe('oracle', () => {
  const shapes: Record<string, Partial<LlamaConfig>> = {
    'three layers, three queries to a key, sizes not multiples of 4': {},
    'one layer, one key-value head': { layers: 1, kvHeads: 1 },
    'no grouping, tied head': { kvHeads: 6, tiedHead: true },
    'heads that are together wider than the model': { headSize: 10, ropeTheta: 500_000 },
  };
  for (const [title, change] of Object.entries(shapes)) {
    it(`agrees with a plain binary64 forward pass: ${title}`, () => {
      const checkpoint = odd(change);
      const expected = naiveLogits(checkpoint, TOKENS);
      expect(Math.max(...expected.flat().map(Math.abs))).to.be.above(1);
      expect(worstDifference(oracleLogits(checkpoint, TOKENS), expected)).to.be.below(5e-5);
    });
  }

  it('gives the same bits after a reset, and whatever context it was made for', () => {
    const oracle = createOracle(odd(), { contextLength: 32 });
    const run = (): number[][] => TOKENS.map((token, position) => [...oracle.forward(token, position)]);
    const first = run();
    oracle.reset();
    expect(() => oracle.forward(1, 1)).to.throw(RangeError, '0 of 32 positions are filled');
    expect(run()).to.deep.equal(first);
    expect(oracleLogits(odd(), TOKENS)).to.deep.equal(first);
  });

  it('may skip the head without changing what follows', () => {
    const oracle = createOracle(odd(), { contextLength: TOKENS.length });
    const last = TOKENS.length - 1;
    for (const [position, token] of TOKENS.slice(0, last).entries()) oracle.advance(token, position);
    expect([...oracle.forward(TOKENS[last]!, last)]).to.deep.equal(oracleLogits(odd(), TOKENS)[last]);
  });

  it('may go back to an earlier position', () => {
    const oracle = createOracle(odd(), { contextLength: 4 });
    for (const position of [0, 1, 2]) oracle.forward(position + 3, position);
    const other = [...oracle.forward(20, 1)];
    expect(other).to.deep.equal(oracleLogits(odd(), [3, 20])[1]);
    expect(() => oracle.forward(5, 3)).to.throw(RangeError, 'position 3');
  });

  it('refuses tokens and positions that it has no place for', () => {
    const oracle = createOracle(odd(), { contextLength: 2 });
    expect(() => oracle.forward(37, 0)).to.throw(RangeError, 'token 37');
    expect(() => oracle.forward(-1, 0)).to.throw(RangeError, 'token -1');
    expect(() => oracle.forward(1, 1)).to.throw(RangeError, '0 of 2 positions are filled');
    oracle.forward(1, 0);
    oracle.forward(1, 1);
    expect(() => oracle.forward(1, 2)).to.throw(RangeError, 'position 2');
  });

  it('refuses a context that its angles do not reach', () => {
    for (const contextLength of [0, 1.5, 8194, Number.NaN]) {
      expect(() => createOracle(odd(), { contextLength })).to.throw(ConfigError, 'from 1 to 8193');
    }
  });
});
