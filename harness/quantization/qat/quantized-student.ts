import type { Checkpoint, TensorName } from '../../model/checkpoint.js';
import { MATRIX_NAMES, type MatrixName, NORM_NAMES } from '../../model/packed-model.js';
import { type AdamW, adamWStep, createAdamW } from '../../model/training/adamw.js';
import type { Floats } from '../../model/training/matmul.js';
import type { Parameters } from '../../model/training/parameters.js';
import { learningRate } from '../../model/training/trainer.js';
import type { Losses } from './distillation.js';
import { type Passes, parametersOf } from './passes.js';
import type { QatPlan } from './plan.js';
import type { Rounding } from './rounding.js';

/** What one step showed, over its documents, before its update. */
export interface StepResult extends Losses {
  readonly gradientNorm: number;
  /** Predicted in this step. */
  readonly tokens: number;
}

/**
 * A model in training whose forward and backward pass run on rounded weights, while the optimizer moves the latent float32 ones (the
 * straight-through estimator: Bengio, Leonard and Courville 2013, arXiv 1308.3432). Norms are trained as they are. The teacher is the
 * checkpoint itself, unrounded.
 */
export class QuantizedStudent {
  readonly latent: Parameters;
  readonly adam: AdamW;
  readonly #matrices: readonly MatrixName[];

  /** @param passes those of the checkpoint, for no other student at the same time */
  constructor(
    checkpoint: Checkpoint,
    private readonly plan: QatPlan,
    private readonly rounding: Rounding,
    private readonly passes: Passes,
  ) {
    const { tiedHead } = checkpoint.config;
    this.latent = parametersOf(checkpoint);
    this.adam = createAdamW(plan.optimizer, this.latent.values.length, (length) => new Float32Array(length));
    this.#matrices = MATRIX_NAMES.filter((name) => !(tiedHead && name === 'lm_head'));
  }

  /** One update on a batch of documents. @param step counted from 0 */
  step(batch: readonly (readonly number[])[], step: number): StepResult {
    this.#round();
    this.passes.gradients.values.fill(0);
    const tokens = batch.reduce((sum, document) => sum + document.length - 1, 0);
    const sums = { crossEntropy: 0, divergence: 0, mixed: 0 };
    for (const document of batch) {
      const losses = this.passes.addGradients(document, 1 / tokens);
      sums.crossEntropy += losses.crossEntropy / tokens;
      sums.divergence += losses.divergence / tokens;
      sums.mixed += losses.mixed / tokens;
    }
    this.#holdOutward();
    const gradientNorm = adamWStep(
      this.adam,
      this.latent,
      this.passes.gradients,
      learningRate(this.plan, step),
    );
    return { ...sums, gradientNorm, tokens };
  }

  #round(): void {
    for (const name of this.#matrices) {
      this.rounding.round(name, this.latent.tensors[name], this.passes.rounded.tensors[name]);
    }
    for (const name of NORM_NAMES) this.passes.rounded.tensors[name].set(this.latent.tensors[name]);
  }

  #holdOutward(): void {
    const { outwardLimit } = this.plan;
    if (outwardLimit === undefined) return;
    for (const name of this.#matrices) {
      holdOutward(
        this.passes.gradients.tensors[name],
        this.latent.tensors[name],
        this.passes.rounded.tensors[name],
        outwardLimit,
      );
    }
  }
}

/** Clears gradients that would push a weight outwards which is already beyond `limit` times its rounded value. Weights that round to 0 go where they like. */
function holdOutward(gradients: Floats, latent: Floats, rounded: Floats, limit: number): void {
  for (let i = 0; i < gradients.length; i++) {
    const w = latent[i]!;
    const outward = w * gradients[i]! < 0;
    if (outward && rounded[i] !== 0 && Math.abs(w) > limit * Math.abs(rounded[i]!)) gradients[i] = 0;
  }
}

/** The checkpoint with other values; they are not copied. */
export function withTensors(checkpoint: Checkpoint, { tensors }: Parameters): Checkpoint {
  return { ...checkpoint, tensors: tensors as Record<TensorName, Float32Array> };
}
