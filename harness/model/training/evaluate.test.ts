import { expect } from 'chai';
import type { LlamaConfig } from '../checkpoint.js';
import { Choices } from './choices.js';
import { continueText } from './continue-text.js';
import { evaluate, evaluateUnigram } from './evaluate.js';
import { createParameters, type Parameters } from './parameters.js';
import { train } from './trainer.js';

const config: LlamaConfig = {
  hiddenSize: 8,
  ffnSize: 8,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 4,
  vocabSize: 8,
  contextLength: 16,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};
const story = [1, 5, 3, 7, 4, 6, 2];

describe('evaluation', () => {
  it('gives a model that knows nothing the perplexity of its vocabulary', () => {
    const blank = createParameters(config, (length) => new Float32Array(length));
    const { tokens, perplexity } = evaluate(blank, [story, [1, 3, 2]]);
    expect(tokens).to.equal(8);
    expect(perplexity).to.be.closeTo(8, 1e-12);
  });

  it('weighs a unigram by its training frequency, unseen tokens by one', () => {
    // counts 2 and 1 plus one each: p(3) = 3/11, p(2) = 2/11, p(4) = 1/11
    const { nats, tokens } = evaluateUnigram([[1, 3, 3, 2]], [[1, 3, 4, 2]], 8);
    expect(tokens).to.equal(3);
    expect(nats).to.be.closeTo(-Math.log((3 * 1 * 2) / 11 ** 3) / 3, 1e-12);
  });
});

describe('continuing a text', () => {
  const model = learned();

  it('goes on greedily until the end token', () => {
    expect(continueText(model, [1, 5], 10)).to.deep.equal([3, 7, 4, 6]);
  });

  it('stops at the count', () => {
    expect(continueText(model, [1, 5], 2)).to.deep.equal([3, 7]);
  });

  it('draws the same tokens from the same seed', () => {
    const blank = createParameters(config, (length) => new Float32Array(length));
    const drawn = (seed: number) => continueText(blank, [1], 12, new Choices(seed));
    expect(drawn(4)).to.deep.equal(drawn(4));
    expect(drawn(4)).to.not.deep.equal(drawn(5));
  });
});

function learned(): Parameters {
  const optimizer = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, maxGradientNorm: 1 };
  const plan = {
    seed: 1,
    steps: 120,
    batchSize: 1,
    peakLearningRate: 0.03,
    warmUpSteps: 5,
    finalShare: 0.1,
    optimizer,
  };
  return train(config, plan, [story], () => {});
}
