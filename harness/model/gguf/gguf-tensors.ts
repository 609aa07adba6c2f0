import { type LlamaConfig, TENSOR_NAMES, type TensorName, tensorShape } from '../checkpoint.js';

/** One tensor as a GGUF file of the llama architecture has it. */
export interface GgufTensor {
  readonly name: string;
  readonly ours: TensorName;
  /** (rows, cols), or (elements) of a norm. The file has them in the other order. */
  readonly shape: readonly number[];
  /** Its place in our stacked tensor, in elements. */
  readonly first: number;
  readonly elements: number;
}

/** Names of llama.cpp's gguf-py/gguf/constants.py; those with % are one a layer. */
const NAMES: Readonly<Record<TensorName, string>> = {
  embed_tokens: 'token_embd.weight',
  norm1: 'blk.%.attn_norm.weight',
  q_proj: 'blk.%.attn_q.weight',
  k_proj: 'blk.%.attn_k.weight',
  v_proj: 'blk.%.attn_v.weight',
  o_proj: 'blk.%.attn_output.weight',
  norm2: 'blk.%.ffn_norm.weight',
  gate_proj: 'blk.%.ffn_gate.weight',
  up_proj: 'blk.%.ffn_up.weight',
  down_proj: 'blk.%.ffn_down.weight',
  final_norm: 'output_norm.weight',
  lm_head: 'output.weight',
};
export const HEAD_NAME = NAMES.lm_head;
export const EMBEDDING_NAME = NAMES.embed_tokens;

/** Every tensor of a GGUF file; a tied head has none of its own. */
export function* ggufTensors(config: LlamaConfig): Generator<GgufTensor> {
  for (const ours of TENSOR_NAMES) {
    if (ours === 'lm_head' && config.tiedHead) continue;
    const byLayer = NAMES[ours].includes('%');
    const stacked = tensorShape(config, ours);
    const shape = byLayer ? stacked.slice(1) : stacked;
    const elements = shape.reduce((product, extent) => product * extent, 1);
    for (let layer = 0; layer < (byLayer ? config.layers : 1); layer++) {
      const name = NAMES[ours].replace('%', String(layer));
      yield { name, ours, shape, first: layer * elements, elements };
    }
  }
}

export function isRotated(ours: TensorName): boolean {
  return ours === 'q_proj' || ours === 'k_proj';
}
