import { type Checkpoint, TENSOR_NAMES, type TensorName } from '../../model/checkpoint.js';
import { MATRIX_NAMES, type MatrixName, NORM_NAMES } from '../../model/packed-model.js';
import { type AdamW, adamWStep, createAdamW } from '../../model/training/adamw.js';
import { backward } from '../../model/training/llama-backward.js';
import { forward } from '../../model/training/llama-forward.js';
import type { Floats, MakeFloats } from '../../model/training/matmul.js';
import { createParameters, type Parameters } from '../../model/training/parameters.js';
import { createTrace, type Trace } from '../../model/training/trace.js';
import { learningRate } from '../../model/training/trainer.js';
import { distillationLoss, type Losses } from './distillation.js';
import type { QatPlan } from './plan.js';
import type { Rounding } from './rounding.js';

const make: MakeFloats = (length) => new Float32Array(length);

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
  readonly #teacher: Parameters;
  readonly #rounded: Parameters;
  readonly #gradients: Parameters;
  readonly #trace: Trace;
  readonly #taught: Trace;
  readonly #matrices: readonly MatrixName[];

  /** @param longest tokens of the longest document */
  constructor(
    checkpoint: Checkpoint,
    private readonly plan: QatPlan,
    private readonly rounding: Rounding,
    longest: number,
  ) {
    const { config } = checkpoint;
    this.#teacher = parametersOf(checkpoint);
    this.latent = parametersOf(checkpoint);
    this.#rounded = createParameters(config, make);
    this.#gradients = createParameters(config, make);
    this.adam = createAdamW(plan.optimizer, this.latent.values.length, make);
    this.#trace = createTrace(config, longest, make);
    this.#taught = createTrace(config, plan.distillation.share === 0 ? 1 : longest, make);
    this.#matrices = MATRIX_NAMES.filter((name) => !(config.tiedHead && name === 'lm_head'));
  }

  /** One update on a batch of documents. @param step counted from 0 */
  step(batch: readonly (readonly number[])[], step: number): StepResult {
    this.#round();
    this.#gradients.values.fill(0);
    const tokens = batch.reduce((sum, document) => sum + document.length - 1, 0);
    const sums = { crossEntropy: 0, divergence: 0, mixed: 0 };
    for (const document of batch) {
      const losses = this.#addGradients(document, 1 / tokens);
      sums.crossEntropy += losses.crossEntropy / tokens;
      sums.divergence += losses.divergence / tokens;
      sums.mixed += losses.mixed / tokens;
    }
    this.#holdOutward();
    const gradientNorm = adamWStep(this.adam, this.latent, this.#gradients, learningRate(this.plan, step));
    return { ...sums, gradientNorm, tokens };
  }

  #round(): void {
    for (const name of this.#matrices) {
      this.rounding.round(name, this.latent.tensors[name], this.#rounded.tensors[name]);
    }
    for (const name of NORM_NAMES) this.#rounded.tensors[name].set(this.latent.tensors[name]);
  }

  #addGradients(document: readonly number[], scale: number): Losses {
    const inputs = document.slice(0, -1);
    const { distillation } = this.plan;
    const taught = distillation.share === 0 ? this.#trace : this.#taught;
    if (distillation.share > 0) forward(this.#teacher, taught, inputs);
    forward(this.#rounded, this.#trace, inputs);
    const losses = distillationLoss(
      this.#trace.logits,
      taught.logits,
      document.slice(1),
      inputs.length,
      this.latent.config.vocabSize,
      distillation,
      scale,
    );
    backward(this.#rounded, this.#gradients, this.#trace, inputs);
    return losses;
  }

  #holdOutward(): void {
    const { outwardLimit } = this.plan;
    if (outwardLimit === undefined) return;
    for (const name of this.#matrices) {
      holdOutward(
        this.#gradients.tensors[name],
        this.latent.tensors[name],
        this.#rounded.tensors[name],
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

/** A copy of the checkpoint's tensors. */
export function parametersOf({ config, tensors }: Checkpoint): Parameters {
  const parameters = createParameters(config, make);
  for (const name of TENSOR_NAMES) parameters.tensors[name].set(tensors[name]);
  return parameters;
}

/** The checkpoint with other values; they are not copied. */
export function withTensors(checkpoint: Checkpoint, { tensors }: Parameters): Checkpoint {
  return { ...checkpoint, tensors: tensors as Record<TensorName, Float32Array> };
}
