import type { Checkpoint, LlamaConfig, TensorName } from '../../model/checkpoint.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { Site } from '../quantized-model.js';

/** Matrices that a site's vector is multiplied with. */
export const READERS: Readonly<Record<Site, readonly MatrixName[]>> = {
  attention: ['q_proj', 'k_proj', 'v_proj'],
  attended: ['o_proj'],
  mlp: ['gate_proj', 'up_proj'],
  activated: ['down_proj'],
  head: ['lm_head'],
};

/** One layer's (rows, cols) of a tensor, as a view. */
export function layerOf(checkpoint: Checkpoint, name: TensorName, layer: number): Float32Array {
  const tensor = checkpoint.tensors[name];
  const layers =
    name === 'embed_tokens' || name === 'lm_head' || name === 'final_norm' ? 1 : checkpoint.config.layers;
  const size = tensor.length / layers;
  return tensor.subarray(layer * size, (layer + 1) * size);
}

/** Multiplies the readers' columns by `scales` and divides what makes the vector by them, in place: the function stays what it was. */
export function foldScale(checkpoint: Checkpoint, site: Site, layer: number, scales: Float64Array): void {
  for (const reader of READERS[site]) scaleColumns(layerOf(checkpoint, reader, layer), scales);
  if (site === 'attention') divide(layerOf(checkpoint, 'norm1', layer), scales);
  else if (site === 'mlp') divide(layerOf(checkpoint, 'norm2', layer), scales);
  else if (site === 'head') divide(layerOf(checkpoint, 'final_norm', 0), scales);
  else if (site === 'activated') divideRows(layerOf(checkpoint, 'up_proj', layer), scales);
  else divideRows(layerOf(checkpoint, 'v_proj', layer), keyValueScales(checkpoint.config, scales));
}

/** Attended vectors are (heads, headSize); query heads of one key-value head have the same scales: its rows of v, (kvHeads, headSize). */
function keyValueScales({ heads, kvHeads, headSize }: LlamaConfig, scales: Float64Array): Float64Array {
  const share = heads / kvHeads;
  return Float64Array.from({ length: kvHeads * headSize }, (_, i) => {
    const head = Math.floor(i / headSize) * share;
    return scales[head * headSize + (i % headSize)]!;
  });
}

/** What the heads that share a key-value head have in common: the mean over them, for each of them. (heads * headSize) */
export function sharedOverHeads(
  { heads, kvHeads, headSize }: LlamaConfig,
  values: Float64Array,
): Float64Array {
  const share = heads / kvHeads;
  return values.map((_, i) => {
    const first = Math.floor(i / (headSize * share)) * share;
    let sum = 0;
    for (let head = first; head < first + share; head++) sum += values[head * headSize + (i % headSize)]!;
    return sum / share;
  });
}

function scaleColumns(matrix: Float32Array, scales: Float64Array): void {
  for (let i = 0; i < matrix.length; i++) matrix[i]! *= scales[i % scales.length]!;
}

function divide(vector: Float32Array, scales: Float64Array): void {
  for (let i = 0; i < vector.length; i++) vector[i]! /= scales[i]!;
}

function divideRows(matrix: Float32Array, scales: Float64Array): void {
  const cols = matrix.length / scales.length;
  for (let i = 0; i < matrix.length; i++) matrix[i]! /= scales[Math.floor(i / cols)]!;
}
