import type { Checkpoint, LlamaConfig, TensorName } from './checkpoint.js';
import type { CardFormat, WeightFormat } from './weight-format.js';

/** The tensors that have a weight format, in the order of `TENSOR_NAMES`. */
export const MATRIX_NAMES = [
  'embed_tokens',
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
  'lm_head',
] as const satisfies readonly TensorName[];
export type MatrixName = (typeof MATRIX_NAMES)[number];

/** The tensors that are float32 in every format. */
export const NORM_NAMES = ['norm1', 'norm2', 'final_norm'] as const satisfies readonly TensorName[];
export type NormName = (typeof NORM_NAMES)[number];

/** A matrix, or the stacked matrices of all layers, exactly as its `.bin` file holds it. */
export interface PackedTensor {
  readonly format: WeightFormat;
  /** 1 for embed_tokens and lm_head. */
  readonly layers: number;
  /** Per layer. */
  readonly rows: number;
  readonly cols: number;
  /** layers * rows * rowBytes(format, cols), at an offset of its buffer that is a multiple of 4. */
  readonly bytes: Uint8Array;
  /** Format int8 only: one a layer; positive float32 values that are normal. */
  readonly scales?: readonly number[];
}

/**
 * A model with its matrices as a card stores them: a card folder (firmware/FORMATS.md) is exactly this on disk.
 * With `config.tiedHead`, `lm_head` is the same object as `embed_tokens`.
 */
export interface PackedModel {
  /** Short name for people and file names, such as `stories260K`. */
  readonly name: string;
  readonly config: LlamaConfig;
  readonly tensors: Readonly<Record<MatrixName, PackedTensor>>;
  /** (layers, hidden), (layers, hidden) and (hidden). */
  readonly norms: Readonly<Record<NormName, Float32Array>>;
  readonly weightFormat: CardFormat;
  /** Where the weights came from: that of the checkpoint that was packed, or the card. */
  readonly source: Checkpoint['source'];
}
