import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import { TENSOR_NAMES } from '../../model/checkpoint.js';
import type { MakeFloats } from '../../model/training/matmul.js';
import { createParameters, type Parameters } from '../../model/training/parameters.js';
import type { Losses } from './distillation.js';

const make: MakeFloats = (length) => new Float32Array(length);

/** What a step computes for each document: teacher, student and the gradients. */
export interface Passes {
  /** What the student runs on; whoever trains fills it before each step. */
  readonly student: Parameters;
  readonly gradients: Parameters;
  /** Adds `scale` times the gradient of a document's mixed loss to `gradients`. */
  addGradients(document: readonly number[], scale: number): Losses;
}

/** Copies a checkpoint's tensors. */
export function fillParameters(parameters: Parameters, { tensors }: Checkpoint): void {
  for (const name of TENSOR_NAMES) parameters.tensors[name].set(tensors[name]);
}

/** Values of a model's own tensors together. */
export function parameterCount(config: LlamaConfig): number {
  return createParameters(config, make).values.length;
}
