import { type LlamaConfig, TENSOR_NAMES, type TensorName, tensorShape } from './checkpoint.js';

/** One tensor as a Hugging Face checkpoint stores it: its place in ours is [first, first + elements). */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly ours: TensorName;
  /** Offset in our stacked tensor, in elements. */
  readonly first: number;
  readonly elements: number;
}

export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';

const WHOLE: Readonly<Partial<Record<TensorName, string>>> = {
  embed_tokens: EMBEDDING,
  final_norm: 'model.norm.weight',
  lm_head: HEAD,
};
const BY_LAYER: Readonly<Partial<Record<TensorName, string>>> = {
  norm1: 'input_layernorm.weight',
  q_proj: 'self_attn.q_proj.weight',
  k_proj: 'self_attn.k_proj.weight',
  v_proj: 'self_attn.v_proj.weight',
  o_proj: 'self_attn.o_proj.weight',
  norm2: 'post_attention_layernorm.weight',
  gate_proj: 'mlp.gate_proj.weight',
  up_proj: 'mlp.up_proj.weight',
  down_proj: 'mlp.down_proj.weight',
};

/** Every tensor of a Hugging Face Llama, in our order; a tied head has no tensor of its own. */
export function* storedTensors(config: LlamaConfig): Generator<StoredTensor> {
  for (const ours of TENSOR_NAMES) {
    if (ours === 'lm_head' && config.tiedHead) continue;
    const whole = WHOLE[ours];
    const stacked = tensorShape(config, ours);
    const shape = whole === undefined ? stacked.slice(1) : stacked;
    const elements = shape.reduce((product, extent) => product * extent, 1);
    if (whole !== undefined) yield { name: whole, shape, ours, first: 0, elements };
    else {
      for (let layer = 0; layer < config.layers; layer++) {
        yield {
          name: `model.layers.${layer}.${BY_LAYER[ours]}`,
          shape,
          ours,
          first: layer * elements,
          elements,
        };
      }
    }
  }
}

/** Tensors that some checkpoints carry and no Llama needs: old RoPE tables, and the copy of a tied head. */
export function isIgnorable(name: string, config: LlamaConfig): boolean {
  return name.endsWith('.rotary_emb.inv_freq') || (config.tiedHead && name === HEAD);
}
