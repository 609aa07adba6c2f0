import { expect } from 'chai';
import { TENSOR_NAMES } from './checkpoint.js';
import { makeModel, TINY_LLM } from './make-model.js';
import { refusal, SMALL, smallModel } from './model-fixtures.js';
import { modelHash } from './model-hash.js';
import { randomBits } from './random-bits.js';

describe('makeModel', () => {
  it('gives the same bits for the same seed, and others for another', () => {
    expect(modelHash(smallModel())).to.equal(modelHash(smallModel()));
    expect(modelHash(smallModel({}, 2))).not.to.equal(modelHash(smallModel()));
    // A golden of integer arithmetic alone: it holds on every machine, or the generator has changed.
    expect(modelHash(smallModel())).to.equal(
      '07042656c636eb1e9cc391655898ecec1d42bf7587f2f402e3c62b406b1153a7',
    );
  });

  it('draws each tensor from its own stream', () => {
    const { tensors } = smallModel();
    expect([...tensors.gate_proj.subarray(0, 4)]).not.to.deep.equal([...tensors.up_proj.subarray(0, 4)]);
    expect(smallModel({ ffnSize: 99 }).tensors.q_proj).to.deep.equal(tensors.q_proj);
  });

  it('keeps the scale that it promises', () => {
    const { tensors } = makeModel({ ...SMALL, hiddenSize: 64, vocabSize: 500 }, { seed: 3 });
    expect(deviation(tensors.lm_head)).to.be.closeTo(3 / 8, 0.01);
    expect(deviation(tensors.embed_tokens)).to.be.closeTo(1, 0.03);
    expect(deviation(tensors.q_proj)).to.be.closeTo(1 / 8, 0.01);
    expect(mean(tensors.norm1)).to.be.closeTo(1, 0.05);
  });

  it('ties the head when the shape says so', () => {
    const { tensors } = smallModel({ tiedHead: true });
    expect(tensors.lm_head).to.equal(tensors.embed_tokens);
  });

  it("makes Tiny-LLM's 12,988,992 weights", function () {
    this.timeout(10_000);
    const { tensors, config } = makeModel('tiny-llm', { seed: 1 });
    expect(config).to.deep.equal(TINY_LLM);
    expect(TENSOR_NAMES.reduce((sum, name) => sum + tensors[name].length, 0)).to.equal(12_988_992);
  });

  it('refuses an unknown name and an impossible shape', async () => {
    expect((await refusal(() => makeModel('gpt-9', { seed: 1 }))).message).to.equal(
      'no model shape is called "gpt-9"; known: tiny-llm',
    );
    expect((await refusal(() => smallModel({ kvHeads: 3 }))).code).to.equal('model-config');
  });
});

describe('randomBits', () => {
  it('fills all 32 bits evenly, and differently for each stream', () => {
    const ones = new Array<number>(32).fill(0);
    const next = randomBits(7);
    for (let i = 0; i < 20000; i++) {
      const bits = next();
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (bits >>> bit) & 1;
    }
    for (const count of ones) expect(count / 20000).to.be.closeTo(0.5, 0.02);
    expect(randomBits(7, 1)()).not.to.equal(randomBits(7, 2)());
  });
});

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: Float32Array): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length);
}
