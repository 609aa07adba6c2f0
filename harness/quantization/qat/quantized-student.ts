import type { Checkpoint } from '../../model/checkpoint.js';
import { matrixShape } from '../../model/pack-model.js';
import { MATRIX_NAMES, type MatrixName, NORM_NAMES, type NormName } from '../../model/packed-model.js';
import { type AdamClock, clipGradient, startAdamClock, tickAdam } from '../../model/training/adamw.js';
import { learningRate } from '../../model/training/trainer.js';
import type { FloatTensor, QuantizedTensor } from '../quantized-tensor.js';
import type { Recipe } from '../recipe.js';
import { planTensors } from '../tensor-plan.js';
import { CodedWeights } from './coded-weights.js';
import type { Losses } from './distillation.js';
import { FloatWeights } from './float-weights.js';
import { fixedShare, fixNearest } from './freezing.js';
import type { Passes } from './passes.js';
import type { QatPlan } from './plan.js';
import type { TrainedTensor } from './trained-tensor.js';

/** What one step showed, over its documents, before its update. */
export interface StepResult extends Losses {
  readonly gradientNorm: number;
  /** Predicted in this step. */
  readonly tokens: number;
}

/** What training leaves. With a tied head, `lm_head` is the same object as `embed_tokens`. */
export interface Trained {
  readonly tensors: Readonly<Record<MatrixName, QuantizedTensor | FloatTensor>>;
  readonly norms: Readonly<Record<NormName, Float32Array>>;
}

/**
 * A model in training whose weights are fixed to codes little by little, while those that are free, the scales and the norms make up for it
 * (Zhou et al. 2017, arXiv 1702.03044, call it incremental network quantization; here the nearest go first, scales are trained, and the checkpoint's
 * logits are the teacher). At the end all are fixed: what was trained is what is packed.
 */
export class QuantizedStudent {
  readonly clock: AdamClock;
  readonly #plan: QatPlan;
  readonly #passes: Passes;
  readonly #checkpoint: Checkpoint;
  readonly #coded = new Map<MatrixName, CodedWeights>();
  readonly #floats = new Map<MatrixName | NormName, FloatWeights>();

  /** @param passes those of the checkpoint, for no other student at the same time */
  constructor(checkpoint: Checkpoint, recipe: Recipe, plan: QatPlan, passes: Passes) {
    this.#checkpoint = checkpoint;
    this.#plan = plan;
    this.#passes = passes;
    this.clock = startAdamClock(plan.optimizer);
    const { config, tensors } = checkpoint;
    const plans = planTensors(recipe, config);
    const fit = { search: 'clip', threshold: recipe.threshold } as const;
    for (const name of MATRIX_NAMES) {
      if (name === 'lm_head' && config.tiedHead) continue;
      const what = plans[name];
      if ('format' in what) this.#floats.set(name, this.#float(name, what.format));
      else
        this.#coded.set(
          name,
          new CodedWeights(tensors[name], matrixShape(config, name), what.grid, fit, plan.rates),
        );
    }
    for (const name of NORM_NAMES) this.#floats.set(name, this.#float(name, 'float32'));
  }

  #float(name: MatrixName | NormName, format: FloatTensor['format']): FloatWeights {
    return new FloatWeights(name, this.#checkpoint.tensors[name], format, this.#plan.rates.floats);
  }

  /** All that training changes but the clock's powers, in a fixed order: put back, it goes on as if it had never been interrupted. */
  get arrays(): readonly (Float32Array | Uint8Array)[] {
    return this.#tensors.flatMap(([, tensor]) => tensor.arrays);
  }

  get #tensors(): [MatrixName | NormName, TrainedTensor][] {
    return [...this.#coded, ...this.#floats];
  }

  /** One update on a batch of documents. @param step counted from 0 */
  step(batch: readonly (readonly number[])[], step: number): StepResult {
    for (const [name, tensor] of this.#tensors) tensor.write(this.#passes.student.tensors[name]);
    const result = this.#addGradients(batch);
    const gradientNorm = this.#update(learningRate({ ...this.#plan, peakLearningRate: 1 }, step));
    const share = fixedShare((step + 1) / this.#plan.steps, this.#plan.freeShare);
    fixNearest([...this.#coded.values()], share);
    return { ...result, gradientNorm };
  }

  /** Losses are means over the batch's tokens; the gradients of those are left in the passes'. */
  #addGradients(batch: readonly (readonly number[])[]): Omit<StepResult, 'gradientNorm'> {
    this.#passes.gradients.values.fill(0);
    const tokens = batch.reduce((sum, document) => sum + document.length - 1, 0);
    const sums = { crossEntropy: 0, divergence: 0, mixed: 0 };
    for (const document of batch) {
      const losses = this.#passes.addGradients(document, 1 / tokens);
      sums.crossEntropy += losses.crossEntropy / tokens;
      sums.divergence += losses.divergence / tokens;
      sums.mixed += losses.mixed / tokens;
    }
    return { ...sums, tokens };
  }

  /** Returns the gradient's length before it was clipped. */
  #update(share: number): number {
    const { gradients } = this.#passes;
    const { norm, scale } = clipGradient(this.clock.settings, gradients.values);
    tickAdam(this.clock);
    for (const [name, tensor] of this.#tensors) {
      tensor.pull(gradients.tensors[name]);
      tensor.update(this.clock, scale, share);
    }
    return norm;
  }

  /** What training has come to. */
  trained(): Trained {
    const { config } = this.#checkpoint;
    const tensors = {} as Record<MatrixName, QuantizedTensor | FloatTensor>;
    const norms = {} as Record<NormName, Float32Array>;
    for (const [name, weights] of this.#coded) tensors[name] = weights.tensor();
    for (const [name, weights] of this.#floats) {
      const values = weights.rounded();
      if (isNorm(name)) norms[name] = values;
      else tensors[name] = { format: weights.format, ...matrixShape(config, name), values };
    }
    if (config.tiedHead) tensors.lm_head = tensors.embed_tokens;
    return { tensors, norms };
  }
}

function isNorm(name: MatrixName | NormName): name is NormName {
  return (NORM_NAMES as readonly string[]).includes(name);
}
