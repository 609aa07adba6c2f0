import type { Checkpoint } from '../model/checkpoint.js';
import type { MatrixName, NormName, PackedModel } from '../model/packed-model.js';
import type { FloatTensor, QuantizedTensor } from './quantized-tensor.js';
import type { Recipe } from './recipe.js';

/** What a recipe made of a model. With a tied head, `lm_head` is the same object as `embed_tokens` here too. */
export interface QuantizedModel {
  /** `MODEL-RECIPE`, such as `little-stories-int4-gptq`. */
  readonly name: string;
  readonly recipe: Recipe;
  /** What was rounded: the original, or what AWQ folded of it, or for QAT the original with the norms that training left; float32. */
  readonly source: Checkpoint;
  readonly tensors: Readonly<Record<MatrixName, QuantizedTensor | FloatTensor>>;
  /** float32, those of `source`. */
  readonly norms: Readonly<Record<NormName, Float32Array>>;
  /** As a card holds it; absent when no card format can. */
  readonly packed?: PackedModel;
  /** One line that says why there is no `packed`. */
  readonly unsupported?: string;
}

/** Where activations are looked at: what goes into q, k, v; into o; into gate, up; into down; into the head. */
export const SITES = ['attention', 'attended', 'mlp', 'activated', 'head'] as const;
export type Site = (typeof SITES)[number];

/** What was seen at a site of a layer. */
export interface SiteStatistics {
  /** Sum over positions of x x^T, row-major (n, n), binary64. */
  readonly gram: Float64Array;
  /** Mean of |x|, (n). */
  readonly meanMagnitude: Float64Array;
  readonly positions: number;
}

/** What a calibration text showed. */
export interface Calibration {
  /** By site, then by layer; `head` has one. */
  readonly sites: Readonly<Record<Site, readonly SiteStatistics[]>>;
  readonly documents: number;
  readonly positions: number;
  /** SHA-256 over the documents' ids, hex. */
  readonly hash: string;
}
