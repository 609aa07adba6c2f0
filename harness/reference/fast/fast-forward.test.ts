import { join } from 'node:path';
import { expect } from 'chai';
import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import { makeModel } from '../../model/make-model.js';
import { bytesOf } from '../../model/model-fixtures.js';
import { packModel } from '../../model/pack-model.js';
import type { PackedModel } from '../../model/packed-model.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
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

function logitsOf(fast: FastForward, tokens: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  fast.run(tokens, (_, logits) => parts.push(Buffer.from(bytesOf(logits))));
  return Buffer.concat(parts);
}

function tokensOf(count: number, vocabSize: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 29 + 1) % vocabSize);
}
