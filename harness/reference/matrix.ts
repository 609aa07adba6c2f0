import type { Activation } from './activation.js';

/** A matrix of weights as the forward pass sees it, whatever its format: firmware/FORMATS.md "Arithmetic of the formats". */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** out (rows) = this matrix times x (cols). `out` must not be x's own array. */
  multiply(out: Float32Array, x: Activation): void;
  /** out (cols) = the values of one row's weights, as the embedding has them. */
  row(index: number, out: Float32Array): void;
}
