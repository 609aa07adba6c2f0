import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import { TENSOR_NAMES } from '../../model/checkpoint.js';
import { backward } from '../../model/training/llama-backward.js';
import { forward } from '../../model/training/llama-forward.js';
import type { MakeFloats } from '../../model/training/matmul.js';
import { createParameters, type Parameters } from '../../model/training/parameters.js';
import { createTrace } from '../../model/training/trace.js';
import { type Distillation, distillationLoss, type Losses } from './distillation.js';

const make: MakeFloats = (length) => new Float32Array(length);

/** What a step computes for each document: teacher, student and the gradients. */
export interface Passes {
  /** What the student runs on; whoever trains fills it before each step. */
  readonly rounded: Parameters;
  readonly gradients: Parameters;
  /** Adds `scale` times the gradient of a document's mixed loss to `gradients`. */
  addGradients(document: readonly number[], scale: number): Losses;
}

/**
 * With the trainer's own parts: sums in binary64, in the order of the fixture's bits.
 * @param longest tokens of the longest document
 */
export function trainerPasses(checkpoint: Checkpoint, distillation: Distillation, longest: number): Passes {
  const { config } = checkpoint;
  const teacher = parametersOf(checkpoint);
  const rounded = createParameters(config, make);
  const gradients = createParameters(config, make);
  const trace = createTrace(config, longest, make);
  const taught = distillation.share === 0 ? trace : createTrace(config, longest, make);
  return {
    rounded,
    gradients,
    addGradients(document, scale) {
      const inputs = document.slice(0, -1);
      const targets = document.slice(1);
      if (distillation.share > 0) forward(teacher, taught, inputs);
      forward(rounded, trace, inputs);
      const { logits } = trace;
      const losses = distillationLoss(
        logits,
        taught.logits,
        targets,
        inputs.length,
        config.vocabSize,
        distillation,
        scale,
      );
      backward(rounded, gradients, trace, inputs);
      return losses;
    },
  };
}

/** A copy of the checkpoint's tensors. */
export function parametersOf(checkpoint: Checkpoint): Parameters {
  const parameters = createParameters(checkpoint.config, make);
  fillParameters(parameters, checkpoint);
  return parameters;
}

export function fillParameters(parameters: Parameters, { tensors }: Checkpoint): void {
  for (const name of TENSOR_NAMES) parameters.tensors[name].set(tensors[name]);
}

/** Values of a model's own tensors together. */
export function parameterCount(config: LlamaConfig): number {
  return createParameters(config, make).values.length;
}
