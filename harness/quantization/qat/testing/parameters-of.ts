import type { Checkpoint } from '../../../model/checkpoint.js';
import { createParameters, type Parameters } from '../../../model/training/parameters.js';
import { fillParameters } from '../passes.js';

/** A copy of the checkpoint's tensors. */
export function parametersOf(checkpoint: Checkpoint): Parameters {
  const parameters = createParameters(checkpoint.config, (length) => new Float32Array(length));
  fillParameters(parameters, checkpoint);
  return parameters;
}
