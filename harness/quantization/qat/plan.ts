import type { TrainingPlan } from '../../model/training/trainer.js';
import type { Distillation } from './distillation.js';

/** Everything that decides what training makes, but the model, the recipe and the documents. */
export interface QatPlan extends TrainingPlan {
  readonly distillation: Distillation;
  /**
   * Straight through, but not for ever outwards: a weight of more than so many times the magnitude that it rounds to gets no gradient that
   * would take it further from 0. Else weights drift off where no later gradient brings them back from.
   */
  readonly outwardLimit: number;
}
