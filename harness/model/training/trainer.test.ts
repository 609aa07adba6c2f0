import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type LlamaConfig, TENSOR_NAMES } from '../checkpoint.js';
import { Choices } from './choices.js';
import type { MakeFloats } from './matmul.js';
import { createParameters, initialize } from './parameters.js';
import { createTrace } from './trace.js';
import { addGradients, learningRate, type TrainingPlan, train } from './trainer.js';

const tiny: LlamaConfig = {
  hiddenSize: 12,
  ffnSize: 10,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 6,
  vocabSize: 11,
  contextLength: 16,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};
const document = [1, 5, 9, 3, 3, 10, 4, 8, 2];
const doubles: MakeFloats = (length) => new Float64Array(length);

const plan: TrainingPlan = {
  seed: 5,
  steps: 12,
  batchSize: 2,
  peakLearningRate: 0.02,
  warmUpSteps: 3,
  finalShare: 0.1,
  optimizer: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, maxGradientNorm: 1 },
};
const documents = [document, [1, 4, 4, 7, 6, 2], [1, 10, 9, 8, 7, 6, 5, 4, 3, 2], [1, 3, 2]];

describe('training', () => {
  for (const tiedHead of [false, true]) {
    const config = { ...tiny, tiedHead };
    for (const name of TENSOR_NAMES.filter((tensor) => !(tiedHead && tensor === 'lm_head'))) {
      it(`has the gradient of ${name} that finite differences give${tiedHead ? ', head tied' : ''}`, () => {
        const model = createParameters(config, doubles);
        initialize(model, new Choices(3));
        const trace = createTrace(config, config.contextLength, doubles);
        const gradients = createParameters(config, doubles);
        addGradients(model, gradients, trace, document, 1);
        const loss = () => addGradients(model, createParameters(config, doubles), trace, document, 1);
        const tensor = model.tensors[name];
        const stride = Math.max(1, Math.floor(tensor.length / 40));
        for (let i = 0; i < tensor.length; i += stride) {
          const kept = tensor[i]!;
          const h = 1e-5;
          tensor[i] = kept + h;
          const above = loss();
          tensor[i] = kept - h;
          const slope = (above - loss()) / (2 * h);
          tensor[i] = kept;
          expect(gradients.tensors[name][i]).to.be.closeTo(slope, 1e-7 * Math.max(1, Math.abs(slope)));
        }
      });
    }
  }

  it('gives the same weights on every machine', () => {
    const { values } = train(tiny, plan, documents, () => {});
    const hash = createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
    expect(hash).to.equal('e14979d53b7fc091d9cdd923215c4ef2019db5e97a8a515c8c82e07a8b33e4b0');
  });

  it('learns documents by heart when there are few', () => {
    const losses: number[] = [];
    train(tiny, { ...plan, steps: 150 }, documents, ({ lossNats }) => losses.push(lossNats));
    expect(losses[0]).to.be.above(2);
    expect(losses.at(-1)).to.be.below(0.6);
  });

  it('refuses a document that does not fit the context', () => {
    const run = () => train({ ...tiny, contextLength: 8 }, plan, documents, () => {});
    expect(run).to.throw(RangeError, 'a document of 10 tokens does not fit the context of 8');
  });

  it('warms up in a straight line and ends at the final share', () => {
    const rates = Array.from({ length: plan.steps + 1 }, (_, step) => learningRate(plan, step));
    expect(rates.slice(0, 3)).to.deep.equal([0.02 / 3, 0.04 / 3, 0.02]);
    expect(Math.max(...rates)).to.equal(0.02);
    expect(rates[12]).to.be.closeTo(0.002, 1e-12);
  });
});
