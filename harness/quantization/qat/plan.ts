import type { TrainingPlan } from '../../model/training/trainer.js';
import type { Bits } from '../quantized-tensor.js';
import { DEFAULT_STEPS } from '../recipe.js';
import type { Distillation } from './distillation.js';

/** Everything that decides what training makes, but the model, the recipe and the documents. */
export interface QatPlan extends TrainingPlan {
  readonly distillation: Distillation;
  /** `trainer`: the float32 trainer's own, to its bits (`trainerPasses`); `simd`: several times as fast (`simdPasses`). Both the same on every machine. */
  readonly arithmetic: 'trainer' | 'simd';
  /**
   * Straight through, but not for ever outwards: a weight of more than so many times the magnitude that it rounds to gets no gradient that
   * would take it further from 0, where no later gradient brings it back from. Absent: no limit. Near 1 it
   * spoils training (QAT.md).
   */
  readonly outwardLimit?: number;
}

/** What trains the fixture well in two to three minutes on a core (QAT.md has what was tried). */
export function defaultPlan(bits: Bits, steps: number = DEFAULT_STEPS): QatPlan {
  return planOf(bits, steps);
}

/** Seconds: for tests, and for a first look. */
export function shortPlan(bits: Bits): QatPlan {
  return { ...planOf(bits, 60), batchSize: 1 };
}

function planOf(bits: Bits, steps: number): QatPlan {
  return {
    seed: 1,
    steps,
    batchSize: 2,
    peakLearningRate: bits < 2 ? 0.02 : 0.003,
    warmUpSteps: Math.ceil(steps / 20),
    finalShare: 0.02,
    optimizer: { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.05, maxGradientNorm: 1 },
    distillation: { share: 0.5, temperature: 1 },
    outwardLimit: 2,
    arithmetic: bits < 2 ? 'trainer' : 'simd',
  };
}
