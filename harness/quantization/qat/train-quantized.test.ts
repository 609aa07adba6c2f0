import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import { adamWStep, createAdamW } from '../../model/training/adamw.js';
import { createParameters } from '../../model/training/parameters.js';
import { createTrace } from '../../model/training/trace.js';
import { addGradients, learningRate } from '../../model/training/trainer.js';
import { quantizeCheckpoint } from '../quantize-checkpoint.js';
import { dequantizeTensor } from '../quantizers/quantize-tensor.js';
import { recipeSchema } from '../recipe.js';
import { documentOrder } from './document-order.js';
import type { QatPlan } from './plan.js';
import { QuantizedStudent } from './quantized-student.js';
import { simdPasses } from './simd-passes.js';
import { hashOfTrained } from './testing/hash-of-trained.js';
import { parametersOf } from './testing/parameters-of.js';
import { shortPlan } from './testing/short-plan.js';
import { type QatOptions, type QatProgress, trainQuantized } from './train-quantized.js';

const model = smallModel();
const documents = [
  [1, 5, 9, 3, 3, 10, 4, 8, 2],
  [1, 4, 4, 7, 6, 2],
  [1, 10, 9, 8, 7, 6, 5, 4, 3, 2],
  [1, 3, 2],
  [1, 7, 7, 2],
];
const plan: QatPlan = {
  ...shortPlan(1.58),
  steps: 9,
  batchSize: 2,
  warmUpSteps: 2,
  distillation: { share: 0.5, temperature: 1 },
};
const onTextAlone: QatPlan = { ...plan, distillation: { share: 0, temperature: 1 } };
const ternary = recipeSchema.parse({ method: 'qat', bits: 1.58 });
const binary = recipeSchema.parse({ method: 'qat', bits: 1 });
/** Nothing is rounded. */
const none = recipeSchema.parse({ method: 'qat', bits: 4, exceptions: { '*': 'float32' } });

const train = (options: Partial<QatOptions> = {}, recipe = ternary, checkpoint = model) =>
  trainQuantized(checkpoint, recipe, documents, { plan, ...options });
const passes = () => simdPasses(model, plan.distillation, 16);
const hashOf = async (trained: ReturnType<typeof train>) => hashOfTrained(await trained);

describe('training with a quantizer', () => {
  const inFolder = temporaryFolder();

  it('is plain training where nothing is rounded and the teacher has no share', async () => {
    const { tensors } = await train({ plan: onTextAlone }, none);
    const { embed_tokens: embedding } = tensors;
    if (!('values' in embedding)) return expect.fail('rounded');
    const expected = trainPlainly();
    for (let i = 0; i < expected.length; i++) expect(embedding.values[i]).to.be.closeTo(expected[i]!, 1e-5);
  });

  it('fixes no weight before its time, all by its end, and none of them moves again', async () => {
    const student = new QuantizedStudent(model, ternary, { ...plan, freeShare: 0.4 }, await passes());
    const fixedOf = () =>
      student.arrays.filter((array) => array instanceof Uint8Array).flatMap((array) => [...array]);
    const shares: number[] = [];
    for (let step = 0; step < plan.steps; step++) {
      student.step(documents.slice(0, 2), step);
      const fixed = fixedOf();
      shares.push(fixed.reduce((sum, one) => sum + one, 0) / fixed.length);
    }
    expect(shares.slice(0, 3)).to.deep.equal([0, 0, 0]);
    expect(shares[4]).to.be.within(0.2, 0.9);
    expect(shares.at(-1)).to.equal(1);
  });

  it('runs on its codes once all are fixed: what was trained is what is packed', async () => {
    const trained = await passes();
    const student = new QuantizedStudent(model, binary, plan, trained);
    for (let step = 0; step < plan.steps; step++) student.step(documents, step);
    const { tensors, norms } = student.trained();
    // The next step, with no rate left, writes what it runs on.
    student.step(documents, plan.steps);
    const { q_proj: codes } = tensors;
    if ('values' in codes) return expect.fail('not rounded');
    expect(new Set(codes.codes)).to.deep.equal(new Set([-1, 1]));
    expect(trained.student.tensors.q_proj).to.deep.equal(dequantizeTensor(codes));
    expect(trained.student.tensors.norm1).to.deep.equal(norms.norm1);
  });

  for (const input of [
    { bits: 1.58, threshold: 0.3 },
    { bits: 1.58, threshold: 0.9, group: 'tensor' },
    { bits: 4, group: 8, zero_point: true },
    { bits: 1, exceptions: { '*_proj': { bits: 3 }, lm_head: 'float16' } },
  ] as const) {
    it(`begins as the lab rounds by ${JSON.stringify(input)}`, async () => {
      const recipe = recipeSchema.parse({ method: 'qat', ...input });
      const still = { ...plan, rates: { units: 0, scales: 0, floats: 0 } };
      const { tensors } = await train({ plan: still }, recipe);
      const build = quantizeCheckpoint(model, recipe);
      for (const name of MATRIX_NAMES) expect(tensors[name], name).to.deep.equal(build.tensors[name]);
    });
  }

  it('learns', async () => {
    const losses: number[] = [];
    const long = { ...onTextAlone, steps: 120, rates: { units: 0.05, scales: 0.01, floats: 0.01 } };
    await train({ plan: long, onProgress: ({ textNats }) => losses.push(textNats) });
    expect(losses.at(-1)).to.be.below(losses[0]! - 0.5);
  });

  it('trains scales and norms as well as weights', async () => {
    const only = async (rates: Partial<QatPlan['rates']>) => {
      const some = { units: 0, scales: 0, floats: 0, ...rates };
      const { tensors, norms } = await train({ plan: { ...plan, rates: some } });
      const { q_proj: coded } = tensors;
      return 'values' in coded
        ? expect.fail('not rounded')
        : { codes: [...coded.codes], scales: [...coded.scales], norm: [...norms.norm1] };
    };
    const still = await only({});
    const [scales, floats, units] = [
      await only({ scales: 0.05 }),
      await only({ floats: 0.05 }),
      await only({ units: 0.2 }),
    ];
    expect(scales).to.deep.include({ codes: still.codes, norm: still.norm });
    expect(scales.scales).not.to.deep.equal(still.scales);
    expect(floats).to.deep.include({ codes: still.codes, scales: still.scales });
    expect(floats.norm).not.to.deep.equal(still.norm);
    expect(units).to.deep.include({ scales: still.scales, norm: still.norm });
    expect(units.codes).not.to.deep.equal(still.codes);
  });

  it('learns from the checkpoint', async () => {
    const teacherNats = async (recipe: typeof none) => {
      const seen: QatProgress[] = [];
      const once = { ...plan, steps: 1, distillation: { share: 1, temperature: 1 } };
      await train({ plan: once, onProgress: (progress) => seen.push(progress) }, recipe);
      return seen[0]!.teacherNats;
    };
    expect(await teacherNats(none)).to.be.closeTo(0, 1e-6);
    // Free weights are held between the outermost codes from the start.
    expect(await teacherNats(binary)).to.be.above(0.01);
  });

  it('tells step, losses, rate and the time that is left', async () => {
    let ms = 0;
    const seen: QatProgress[] = [];
    await train({ onProgress: (progress) => seen.push(progress), nowMs: () => (ms += 500) });
    expect(seen.map(({ step }) => step)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const last = seen.at(-1)!;
    expect(last).to.include({ steps: 9, secondsLeft: 0 });
    expect(last.lossNats).to.be.closeTo(0.5 * last.textNats + 0.5 * last.teacherNats!, 1e-12);
    expect(last.tokens).to.equal(tokensOfFirst(18));
    for (const { step, tokens, tokensPerSecond, secondsLeft } of seen.slice(0, -1)) {
      expect((secondsLeft / (9 - step)) * step).to.be.closeTo(tokens / tokensPerSecond, 1e-9);
    }
  });

  it('goes on after it was killed and ends with the same bits', async () => {
    const stateFile = inFolder('killed.state');
    const killed = train({
      stateFile,
      saveEverySeconds: 0,
      onProgress: ({ step }) => {
        if (step === 6) throw new Error('killed');
      },
    });
    expect(await killed.catch(({ message }: Error) => message)).to.equal('killed');
    const steps: number[] = [];
    const resumed = await hashOf(train({ stateFile, onProgress: ({ step }) => steps.push(step) }));
    expect(steps).to.deep.equal([6, 7, 8, 9]);
    expect(resumed).to.equal(await hashOf(train()));
  });

  it('stops after the step at a signal, and keeps its state', async () => {
    const stateFile = inFolder('stopped.state');
    const stopping = new AbortController();
    const seen: QatProgress[] = [];
    const onProgress = (progress: QatProgress) => {
      seen.push(progress);
      if (progress.step === 4) stopping.abort(new Error('enough'));
    };
    const stopped = train({ stateFile, signal: stopping.signal, onProgress });
    expect(await stopped.catch(({ message }: Error) => message)).to.equal('enough');
    expect(seen).to.have.lengthOf(4);
    const resumed = await hashOf(train({ stateFile, onProgress: (progress) => seen.push(progress) }));
    expect(seen.map(({ step }) => step)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(resumed).to.equal(await hashOf(train()));
    expect(await hashOf(train({ stateFile }))).to.equal(resumed);
  });

  for (const [what, change] of [
    ['another model', () => train({ stateFile: inFolder('a.state') }, ternary, smallModel({}, 2))],
    ['another recipe', () => train({ stateFile: inFolder('a.state') }, binary)],
    ['another plan', () => train({ stateFile: inFolder('a.state'), plan: { ...plan, seed: 9 } })],
    [
      'other documents',
      () =>
        trainQuantized(model, ternary, [...documents].reverse(), { plan, stateFile: inFolder('a.state') }),
    ],
  ] as const) {
    it(`refuses a state with ${what}, in one line`, async () => {
      await train({ stateFile: inFolder('a.state') });
      const { code, message } = await refusal(change);
      expect(code).to.equal('training-state-other');
      expect(message)
        .to.match(/^[^\n]*a\.state holds a training with [^\n]*$/)
        .and.include(what);
    });
  }

  it('refuses a state that is damaged', async () => {
    const stateFile = inFolder('damaged.state');
    await train({ stateFile });
    const whole = await readFile(stateFile);
    const flipped = Buffer.from(whole);
    flipped[flipped.length - 5]! ^= 1;
    for (const bytes of [whole.subarray(0, -4), whole.subarray(0, 40), flipped, Buffer.alloc(0)]) {
      await writeFile(stateFile, bytes);
      const { code } = await refusal(() => train({ stateFile }));
      expect(code).to.equal('training-state-damaged');
    }
  });

  it('refuses text that cannot be trained on, and says when it diverges', async () => {
    const on = (text: number[][]) => refusal(() => trainQuantized(model, ternary, text, { plan }));
    expect((await on([[1]])).code).to.equal('training-text');
    const length = model.config.contextLength + 1;
    expect((await on([new Array(length).fill(1)])).message).to.include(`${length} tokens`);
    const wild = { ...plan, rates: { ...plan.rates, floats: 1e38 } };
    const { code } = await refusal(() => train({ plan: wild }));
    expect(code).to.equal('training-diverged');
  });

  it('refuses weights that are not finite, by the name of their tensor', async () => {
    const broken = smallModel();
    broken.tensors.up_proj[3] = Number.NaN;
    const { code, message } = await refusal(() => train({}, ternary, broken));
    expect(code).to.equal('weight-not-finite');
    expect(message).to.contain('up_proj');
  });
});

/** The embedding after the plan's steps of the float32 trainer's own parts. */
function trainPlainly(): ArrayLike<number> {
  const make = (length: number) => new Float32Array(length);
  const parameters = parametersOf(model);
  const adam = createAdamW({ ...plan.optimizer, weightDecay: 0 }, parameters.values.length, make);
  const trace = createTrace(model.config, 16, make);
  const at = documentOrder(plan.seed, documents.length);
  for (let step = 0; step < plan.steps; step++) {
    const batch = [at(2 * step), at(2 * step + 1)].map((index) => documents[index]!);
    const tokens = batch.reduce((sum, { length }) => sum + length - 1, 0);
    const gradients = createParameters(model.config, make);
    for (const document of batch) addGradients(parameters, gradients, trace, document, 1 / tokens);
    const rate = learningRate({ ...plan, peakLearningRate: plan.rates.floats }, step);
    adamWStep(adam, parameters, gradients, rate);
  }
  return parameters.tensors.embed_tokens;
}

/** Tokens predicted from so many documents of the order. */
function tokensOfFirst(count: number): number {
  const at = documentOrder(plan.seed, documents.length);
  return Array.from({ length: count }, (_, i) => documents[at(i)]!.length - 1).reduce(
    (sum, tokens) => sum + tokens,
  );
}
