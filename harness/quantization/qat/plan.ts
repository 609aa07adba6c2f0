import type { AdamWSettings } from '../../model/training/adamw.js';
import type { TrainingPlan } from '../../model/training/trainer.js';
import type { Bits } from '../quantized-tensor.js';
import { DEFAULT_STEPS } from '../recipe.js';
import type { Distillation } from './distillation.js';
import type { LearningRates } from './trained-tensor.js';

/** Everything that decides what training makes, but the model, the recipe and the documents. */
export interface QatPlan extends Omit<TrainingPlan, 'peakLearningRate' | 'optimizer'> {
  readonly optimizer: Omit<AdamWSettings, 'weightDecay'>;
  readonly distillation: Distillation;
  readonly rates: LearningRates;
  /** Of the steps, before the first weights are fixed. */
  readonly freeShare: number;
}

/** What was best of what was tried (QAT.md): the coarser the grid, the further weights have to go. */
export function defaultPlan(bits: Bits, steps: number = DEFAULT_STEPS): QatPlan {
  const { units, freeShare } = courseOf(bits);
  return {
    seed: 1,
    steps,
    batchSize: 8,
    rates: { units, scales: 0.01, floats: 0.003 },
    warmUpSteps: Math.ceil(steps / 20),
    finalShare: 0,
    freeShare,
    optimizer: { beta1: 0.9, beta2: 0.99, eps: 1e-10, maxGradientNorm: 1 },
    distillation: { share: 1, temperature: 1 },
  };
}

function courseOf(bits: Bits): { readonly units: number; readonly freeShare: number } {
  if (bits >= 3) return { units: 0.02, freeShare: 0.05 };
  if (bits === 2) return { units: 0.08, freeShare: 0.05 };
  return { units: bits === 1 ? 0.2 : 0.08, freeShare: 0.3 };
}
