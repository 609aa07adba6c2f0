import type { TrainingPlan } from '../../model/training/trainer.js';
import type { Bits } from '../quantized-tensor.js';
import { DEFAULT_STEPS } from '../recipe.js';
import type { Distillation } from './distillation.js';
import type { LearningRates } from './trained-tensor.js';

/** Everything that decides what training makes, but the model, the recipe and the documents. */
export interface QatPlan extends Omit<TrainingPlan, 'peakLearningRate'> {
  readonly distillation: Distillation;
  readonly rates: LearningRates;
  /** Of the steps, before the first weights are fixed. */
  readonly freeShare: number;
}

/** What was best of what was tried (QAT.md): the coarser the grid, the further weights, scales and norms have to go. */
export function defaultPlan(bits: Bits, steps: number = DEFAULT_STEPS): QatPlan {
  return {
    seed: 1,
    steps,
    batchSize: 8,
    rates: bits <= 2 ? COARSE : FINE,
    warmUpSteps: Math.ceil(steps / 20),
    finalShare: 0,
    freeShare: 0.05,
    optimizer: { beta1: 0.9, beta2: 0.99, eps: 1e-10, weightDecay: 0, maxGradientNorm: 1 },
    distillation: { share: 1, temperature: 1 },
  };
}

const FINE: LearningRates = { units: 0.02, scales: 0.001, floats: 0.0003 };
const COARSE: LearningRates = { units: 0.04, scales: 0.01, floats: 0.003 };

/** Seconds: for tests, and for a first look. */
export function shortPlan(bits: Bits): QatPlan {
  return { ...defaultPlan(bits, 60), rates: { ...COARSE, units: 0.08 } };
}
