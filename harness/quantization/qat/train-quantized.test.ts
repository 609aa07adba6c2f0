import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Checkpoint } from '../../model/checkpoint.js';
import { refusal, smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { modelHash } from '../../model/model-hash.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import { adamWStep, createAdamW } from '../../model/training/adamw.js';
import type { Floats } from '../../model/training/matmul.js';
import { createParameters } from '../../model/training/parameters.js';
import { createTrace } from '../../model/training/trace.js';
import { addGradients, learningRate } from '../../model/training/trainer.js';
import { recipeSchema } from '../recipe.js';
import { documentOrder } from './document-order.js';
import { parametersOf } from './passes.js';
import { type QatPlan, shortPlan } from './plan.js';
import { type Rounding, recipeRounding } from './rounding.js';
import { type QatOptions, type QatProgress, trainQuantized } from './train-quantized.js';

const model = smallModel();
const documents = [
  [1, 5, 9, 3, 3, 10, 4, 8, 2],
  [1, 4, 4, 7, 6, 2],
  [1, 10, 9, 8, 7, 6, 5, 4, 3, 2],
  [1, 3, 2],
  [1, 7, 7, 2],
];
const { outwardLimit: _, ...unlimited } = shortPlan(1.58);
const plan: QatPlan = { ...unlimited, steps: 9, batchSize: 2, warmUpSteps: 2 };
const ternary = recipeRounding(model.config, recipeSchema.parse({ method: 'qat', bits: 1.58 }));
const binary = recipeRounding(model.config, recipeSchema.parse({ method: 'qat', bits: 1 }));
const none: Rounding = { id: 'none', round: (_, latent, out) => out.set(latent) };

const train = (options: Partial<QatOptions> = {}, rounding = ternary, checkpoint = model) =>
  trainQuantized(checkpoint, rounding, documents, { plan, ...options });
const hashOf = async (trained: Promise<Checkpoint>) => modelHash(await trained);

describe('training with a quantizer', () => {
  const inFolder = temporaryFolder();

  it('is plain training where nothing is rounded and the teacher has no share', async () => {
    const trained = await train({ plan: { ...plan, distillation: { share: 0, temperature: 1 } } }, none);
    const expected = trainPlainly();
    for (let i = 0; i < expected.length; i++) {
      expect(trained.tensors.embed_tokens[i]).to.be.closeTo(expected[i]!, 1e-5);
    }
  });

  it('takes the gradient at the rounded weights and gives it to the latent ones', async () => {
    const optimizer = { ...plan.optimizer, weightDecay: 0, maxGradientNorm: 1e9 };
    const once = { ...plan, steps: 1, warmUpSteps: 1, optimizer };
    const trained = await train({ plan: { ...once, distillation: { share: 0, temperature: 1 } } });
    const gradient = firstGradientAtRounded();
    const { q_proj: before } = model.tensors;
    // Adam's first step is the gradient's sign times the learning rate.
    for (let i = 0; i < before.length; i++) {
      if (Math.abs(gradient[i]!) < 1e-5) continue;
      const expected = -plan.peakLearningRate * Math.sign(gradient[i]!);
      expect(trained.tensors.q_proj[i]! - before[i]!).to.be.closeTo(expected, 1e-4);
    }
  });

  it('holds weights that are far out', async () => {
    const farOut = async (limit: Partial<QatPlan>) => {
      const { tensors } = await train({ plan: { ...plan, steps: 60, ...limit } }, binary);
      return Math.max(...tensors.gate_proj.map(Math.abs));
    };
    expect(await farOut({ outwardLimit: 0.5 })).to.be.below(await farOut({}));
  });

  it('learns', async () => {
    const losses: number[] = [];
    await train({ plan: { ...plan, steps: 120 }, onProgress: ({ textNats }) => losses.push(textNats) });
    expect(losses.at(-1)).to.be.below(losses[0]! - 0.5);
  });

  it('goes the same way in WebAssembly, to the same bits each time', async () => {
    const losses = async (arithmetic: QatPlan['arithmetic']) => {
      const seen: number[] = [];
      const onProgress = ({ lossNats }: QatProgress) => seen.push(lossNats);
      const hash = await hashOf(train({ plan: { ...plan, arithmetic }, onProgress }));
      return { hash, seen };
    };
    const [simd, again, trainer] = [await losses('simd'), await losses('simd'), await losses('trainer')];
    expect(again).to.deep.equal(simd);
    expect(simd.hash).not.to.equal(trainer.hash);
    for (const [step, loss] of simd.seen.entries()) expect(loss).to.be.closeTo(trainer.seen[step]!, 1e-3);
  });

  it('begins where it is told, and learns from the checkpoint', async () => {
    const start = smallModel({}, 7);
    const distillation = { share: 1, temperature: 1 };
    const firstOf = async (options: Partial<QatOptions>) => {
      const seen: QatProgress[] = [];
      const once = { ...plan, steps: 1, distillation };
      await train({ plan: once, onProgress: (progress) => seen.push(progress), ...options }, none);
      return seen[0]!.teacherNats;
    };
    expect(await firstOf({})).to.be.closeTo(0, 1e-6);
    expect(await firstOf({ start: async () => start })).to.be.above(0.1);
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
    const wild = { ...plan, peakLearningRate: 1e38 };
    for (const arithmetic of ['trainer', 'simd'] as const) {
      const { code } = await refusal(() => train({ plan: { ...wild, arithmetic } }));
      expect(code).to.equal('training-diverged');
    }
  });
});

/** The embedding after the plan's steps of the float32 trainer's own parts. */
function trainPlainly(): ArrayLike<number> {
  const make = (length: number) => new Float32Array(length);
  const parameters = parametersOf(model);
  const adam = createAdamW(plan.optimizer, parameters.values.length, make);
  const trace = createTrace(model.config, 16, make);
  const at = documentOrder(plan.seed, documents.length);
  for (let step = 0; step < plan.steps; step++) {
    const batch = [at(2 * step), at(2 * step + 1)].map((index) => documents[index]!);
    const tokens = batch.reduce((sum, { length }) => sum + length - 1, 0);
    const gradients = createParameters(model.config, make);
    for (const document of batch) addGradients(parameters, gradients, trace, document, 1 / tokens);
    adamWStep(adam, parameters, gradients, learningRate(plan, step));
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

/** Of q_proj, over the order's first two documents, at the ternary weights. */
function firstGradientAtRounded(): Floats {
  const make = (length: number) => new Float32Array(length);
  const rounded = parametersOf(model);
  for (const name of MATRIX_NAMES) ternary.round(name, model.tensors[name], rounded.tensors[name]);
  const gradients = createParameters(model.config, make);
  const trace = createTrace(model.config, 16, make);
  const at = documentOrder(plan.seed, documents.length);
  for (const position of [0, 1]) addGradients(rounded, gradients, trace, documents[at(position)]!, 1);
  return gradients.tensors.q_proj;
}
