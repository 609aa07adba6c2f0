import type { Checkpoint } from '../../../model/checkpoint.js';
import { backward } from '../../../model/training/llama-backward.js';
import { forward } from '../../../model/training/llama-forward.js';
import { createParameters } from '../../../model/training/parameters.js';
import { createTrace } from '../../../model/training/trace.js';
import type { Distillation } from '../distillation.js';
import type { Passes } from '../passes.js';
import { distillationLoss } from './distillation-loss.js';
import { parametersOf } from './parameters-of.js';

const make = (length: number) => new Float32Array(length);

/**
 * What `simdPasses` computes, with the float32 trainer's own parts: written apart from it, sums in binary64.
 * @param longest tokens of the longest document
 */
export function trainerPasses(checkpoint: Checkpoint, distillation: Distillation, longest: number): Passes {
  const { config } = checkpoint;
  const teacher = parametersOf(checkpoint);
  const student = createParameters(config, make);
  const gradients = createParameters(config, make);
  const trace = createTrace(config, longest, make);
  const taught = distillation.share === 0 ? trace : createTrace(config, longest, make);
  return {
    student,
    gradients,
    addGradients(document, scale) {
      const inputs = document.slice(0, -1);
      const targets = document.slice(1);
      if (distillation.share > 0) forward(teacher, taught, inputs);
      forward(student, trace, inputs);
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
      backward(student, gradients, trace, inputs);
      return losses;
    },
  };
}
