import type { AdamClock } from '../../model/training/adamw.js';
import type { Floats } from '../../model/training/matmul.js';

/** The learning rates at their peak. */
export interface LearningRates {
  /** Of weights, in units of their scale a step. */
  readonly units: number;
  /** Of the logarithms of scales. */
  readonly scales: number;
  /** Of norms, and of matrices that stay in floats. */
  readonly floats: number;
}

/** A tensor of a model in training, all layers of it. */
export interface TrainedTensor {
  /** Writes the values that the forward pass runs on. */
  write(out: Floats): void;
  /** Takes the gradient at those values. */
  pull(gradient: Floats): void;
  /** @param scale of the gradient; @param share of the peak rates */
  update(clock: AdamClock, scale: number, share: number): void;
  /** What a state keeps, in a fixed order. */
  readonly arrays: readonly (Float32Array | Uint8Array)[];
}
