import { join } from 'node:path';
import { expect } from 'chai';
import { type Checkpoint, type LlamaConfig, TENSOR_NAMES } from '../../model/checkpoint.js';
import { makeModel } from '../../model/make-model.js';
import { bytesOf } from '../../model/model-fixtures.js';
import { packModel } from '../../model/pack-model.js';
import type { PackedModel } from '../../model/packed-model.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
import { forward } from '../../model/training/llama-forward.js';
import { createParameters } from '../../model/training/parameters.js';
import { createTrace } from '../../model/training/trace.js';
import { WEIGHT_FORMATS } from '../../model/weight-format.js';
import { packageRoot } from '../../paths.js';
import { createOracle } from '../oracle.js';
import { FastForward } from './fast-forward.js';

/** Sizes that are no multiples of a group, a lane or a batch; several layers, shared key-value heads. */
const ODD: LlamaConfig = {
  hiddenSize: 44,
  ffnSize: 301,
  layers: 3,
  heads: 6,
  kvHeads: 2,
  headSize: 10,
  vocabSize: 131,
  contextLength: 64,
  rmsNormEps: 1e-6,
  ropeTheta: 500,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};

describe('FastForward', () => {
  it('gives the oracle’s logits to the bit for the fixture, which was trained', async () => {
    const model = await readCheckpoint(join(packageRoot, 'fixtures/models/little-stories'));
    await expectSameBits(model, 70);
  });

  for (const format of WEIGHT_FORMATS) {
    it(`gives the oracle’s logits to the bit in ${format}`, async () => {
      await expectSameBits(packModel(makeModel(ODD, { seed: 3 }), format), 37);
    });
  }

  it('shares a tied head with the embedding', async () => {
    await expectSameBits(packModel(makeModel({ ...ODD, tiedHead: true }, { seed: 4 }), 'int4'), 20);
  });

  it('gives the same for every text, whatever was scored before', async () => {
    const fast = await FastForward.create(makeModel(ODD, { seed: 5 }), { contextLength: 64 });
    const once = logitsOf(fast, tokensOf(33, 131));
    logitsOf(fast, tokensOf(64, 97));
    expect(logitsOf(fast, tokensOf(33, 131)).equals(once)).to.equal(true);
  });

  it('sums up what goes into the matrices, as the trainer’s own forward pass has it', async () => {
    const model = makeModel(ODD, { seed: 6 });
    const texts = [tokensOf(33, 131), tokensOf(20, 97)];
    const fast = await FastForward.create(model, { contextLength: 64 });
    const sites = fast.observe();
    for (const ids of texts) fast.advance(ids);
    const expected = tracedSums(model, texts);
    for (const { layer, site, size, read } of sites) {
      const { gram, magnitudes } = read();
      const vectors = expected(layer, site);
      let furthest = 0;
      for (let i = 0; i < size; i++) {
        furthest = Math.max(furthest, Math.abs(magnitudes[i]! - sumOf(vectors, (x) => Math.abs(x[i]!))));
        for (const j of [i, (i + size) >> 1, size - 1])
          furthest = Math.max(furthest, Math.abs(gram[i * size + j]! - sumOf(vectors, (x) => x[i]! * x[j]!)));
      }
      expect(furthest, `layer ${layer}, site ${site}`).to.be.below(1e-4 * magnitudes[0]!);
      expect(magnitudes.some((sum) => sum > 0.1)).to.equal(true);
    }
  });

  it('refuses a token that is none and a text that does not fit', async () => {
    const fast = await FastForward.create(makeModel(ODD, { seed: 5 }), { contextLength: 4 });
    expect(() => fast.run([131], () => {})).to.throw(RangeError, /token 131/);
    expect(() => fast.run([1, 2, 3, 4, 5], () => {})).to.throw(RangeError, /5 tokens do not fit 4/);
  });
});

async function expectSameBits(model: Checkpoint | PackedModel, count: number): Promise<void> {
  const contextLength = count + 1;
  const tokens = tokensOf(count, model.config.vocabSize);
  const oracle = createOracle(model, { contextLength });
  const fast = await FastForward.create(model, { contextLength });
  let compared = 0;
  fast.run(tokens, (position, logits) => {
    const expected = oracle.forward(tokens[position]!, position);
    expect(bytesOf(logits).equals(bytesOf(expected)), `position ${position}`).to.equal(true);
    compared++;
  });
  expect(compared).to.equal(count);
}

/** Every vector that goes into a site, by the forward pass that training uses. */
function tracedSums(model: Checkpoint, texts: readonly (readonly number[])[]) {
  const make = (length: number) => new Float32Array(length);
  const parameters = createParameters(model.config, make);
  for (const name of TENSOR_NAMES) parameters.tensors[name].set(model.tensors[name]);
  const traces = texts.map((ids) => {
    const trace = createTrace(model.config, ids.length, make);
    forward(parameters, trace, ids);
    return { trace, rows: ids.length };
  });
  return (layer: number, site: number): Float32Array[] =>
    traces.flatMap(({ trace, rows }) => {
      const at = trace.layers[layer];
      const all = at === undefined ? trace.normed : [at.normed1, at.mixed, at.normed2, at.activated][site]!;
      const size = all.length / trace.maxRows;
      return Array.from({ length: rows }, (_, row) =>
        Float32Array.from(all.subarray(row * size, (row + 1) * size)),
      );
    });
}

function sumOf(vectors: readonly Float32Array[], term: (x: Float32Array) => number): number {
  return vectors.reduce((sum, x) => sum + term(x), 0);
}

function logitsOf(fast: FastForward, tokens: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  fast.run(tokens, (_, logits) => parts.push(Buffer.from(bytesOf(logits))));
  return Buffer.concat(parts);
}

function tokensOf(count: number, vocabSize: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 29 + 1) % vocabSize);
}
