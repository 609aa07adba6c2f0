import type { TrainingPlan } from '../../model/training/trainer.js';
import type { Bits } from '../quantized-tensor.js';
import { DEFAULT_STEPS } from '../recipe.js';
import type { Distillation } from './distillation.js';

/** Everything that decides what training makes, but the model, the recipe and the documents. */
export interface QatPlan extends TrainingPlan {
  readonly distillation: Distillation;
  /** What the latent weights begin as: the checkpoint's own, or the values that GPTQ rounds them to (`gptqStart`). */
  readonly start: 'checkpoint' | 'gptq';
  /** `trainer`: the float32 trainer's own, to its bits (`trainerPasses`); `simd`: several times as fast (`simdPasses`). Both the same on every machine. */
  readonly arithmetic: 'trainer' | 'simd';
  /**
   * Straight through, but not for ever outwards: a weight of more than so many times the magnitude that it rounds to gets no gradient that
   * would take it further from 0, where no later gradient brings it back from. Absent: no limit. Near 1 it
   * spoils training (QAT.md).
   */
  readonly outwardLimit?: number;
}

/** For the default steps. The coarser the grid, the further weights have to go. */
const PEAK_RATES = { 8: 1e-4, 7: 1e-4, 6: 1e-4, 5: 1e-4, 4: 2e-4, 3: 7e-4, 2: 1.5e-3 } as const;

/** What trains the fixture well in two to three minutes on a core at 1.58 and 1 bit, and in one at 2 bits and more (QAT.md has what was tried). */
export function defaultPlan(bits: Bits, steps: number = DEFAULT_STEPS): QatPlan {
  return bits === 1 || bits === 1.58 ? planFromScratch(steps) : planFromGptq(bits, steps);
}

/** Seconds: for tests, and for a first look. */
export function shortPlan(bits: Bits): QatPlan {
  return { ...defaultPlan(bits, 60), batchSize: 1 };
}

/** At 1.58 and 1 bit rounding leaves next to nothing of a model: it learns again, from the text too. */
function planFromScratch(steps: number): QatPlan {
  return {
    seed: 1,
    steps,
    batchSize: 2,
    peakLearningRate: 0.02,
    warmUpSteps: Math.ceil(steps / 20),
    finalShare: 0.02,
    optimizer: { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.05, maxGradientNorm: 1 },
    distillation: { share: 0.5, temperature: 1 },
    start: 'checkpoint',
    arithmetic: 'trainer',
    outwardLimit: 2,
  };
}

/** From 2 bits on the model is nearly there: what is left is to agree with the teacher. A step that is too large for their number costs more than it brings (QAT.md). */
function planFromGptq(bits: Exclude<Bits, 1 | 1.58>, steps: number): QatPlan {
  return {
    seed: 1,
    steps,
    batchSize: 8,
    peakLearningRate: PEAK_RATES[bits] * Math.sqrt(DEFAULT_STEPS / steps),
    warmUpSteps: Math.ceil(steps / 20),
    finalShare: 0,
    optimizer: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, maxGradientNorm: 1 },
    distillation: { share: 1, temperature: 1 },
    start: 'gptq',
    arithmetic: 'simd',
  };
}
