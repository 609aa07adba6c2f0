import type { FloatFormat } from '../model/float-formats.js';

/** Nominal bits a weight: 1.58 is ternary (log2 3). */
export const BITS = [8, 7, 6, 5, 4, 3, 2, 1.58, 1] as const;
export type Bits = (typeof BITS)[number];

/** How many weights share a scale: all of a layer's matrix, a row, or so many consecutive ones of a row (its last group may be shorter). */
export type Group = 'tensor' | 'row' | number;

/**
 * What values a weight can take: `code * scale`, or with a zero point `(code - zero) * scale`. Codes by bits:
 * 5 .. 8: -(2^(b-1) - 1) .. 2^(b-1) - 1; 3 and 4: one more below; with a zero point 0 .. 2^b - 1; 2: {-3, -1, 1, 3} (there is no zero, as on the card), with
 * a zero point 0 .. 3; 1.58: {-1, 0, 1}; 1: {-1, 1}. 1.58 and 1 have no zero point.
 */
export interface Grid {
  readonly bits: Bits;
  readonly group: Group;
  readonly zeroPoint: boolean;
}

/** A matrix, or the stacked matrices of all layers, in codes. */
export interface QuantizedTensor {
  readonly grid: Grid;
  readonly layers: number;
  readonly rows: number;
  readonly cols: number;
  /** (layers, rows, cols): codes; with a zero point as unsigned numbers. */
  readonly codes: Int8Array | Uint8Array;
  /** Finite, and not negative but for 3 and 4 bits without a zero point; by group: (layers), (layers, rows) or (layers, rows, ceil(cols / group)). 0 where all weights are 0. */
  readonly scales: Float32Array;
  /** Of the scales' shape: the code of the value 0. Absent without a zero point. */
  readonly zeros?: Uint8Array;
}

/** A matrix that is not quantized. */
export interface FloatTensor {
  readonly format: FloatFormat;
  readonly layers: number;
  readonly rows: number;
  readonly cols: number;
  /** (layers, rows, cols), already rounded to the format. */
  readonly values: Float32Array;
}
