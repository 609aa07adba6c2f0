import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { checkConfig } from './check-config.js';
import type { LlamaConfig } from './checkpoint.js';

const size = z.int().positive();
const tokenId = z.int().nonnegative();

const ropeSchema = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().optional(),
});

/** The keys of a Hugging Face Llama's config.json that decide its arithmetic; what is absent has Llama's default. */
export const huggingFaceConfigSchema = z.object({
  architectures: z.array(z.string()).optional(),
  model_type: z.string().optional(),
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  vocab_size: size,
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().default(1e-6),
  rope_theta: z.number().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: tokenId.default(1),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).default(2),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  quantization_config: z.unknown().optional(),
});
export type HuggingFaceConfig = z.output<typeof huggingFaceConfigSchema>;

/**
 * The shape that a config.json (or a card's model_config.json) describes.
 * @throws ConfigError `model-config` when its numbers contradict each other
 */
export function llamaConfigOf(config: HuggingFaceConfig, path: string): LlamaConfig {
  const heads = config.num_attention_heads;
  if (config.head_dim == null && config.hidden_size % heads !== 0) {
    const message = `${path}: hidden_size ${config.hidden_size} does not divide into ${heads} heads, and head_dim is absent`;
    throw new ConfigError('model-config', message, { path });
  }
  const llama: LlamaConfig = {
    hiddenSize: config.hidden_size,
    ffnSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headSize: config.head_dim ?? config.hidden_size / heads,
    vocabSize: config.vocab_size,
    contextLength: config.max_position_embeddings,
    rmsNormEps: config.rms_norm_eps,
    ropeTheta: config.rope_theta ?? config.rope_parameters?.rope_theta ?? 10000,
    tiedHead: config.tie_word_embeddings,
    bosId: config.bos_token_id,
    eosIds: [config.eos_token_id].flat(),
  };
  checkConfig(llama, path);
  return llama;
}

/**
 * Refuses what is no plain Llama: another architecture, biases, another activation, scaled RoPE.
 * @throws ConfigError `model-architecture`
 */
export function requireLlama(config: HuggingFaceConfig, path: string): void {
  const fault = architectureFault(config) ?? variantFault(config);
  if (fault !== undefined) throw new ConfigError('model-architecture', `${path}: ${fault}`, { path });
}

function architectureFault({ architectures, model_type }: HuggingFaceConfig): string | undefined {
  if (architectures === undefined ? model_type === 'llama' : architectures.includes('LlamaForCausalLM'))
    return undefined;
  const found = architectures?.join(', ') ?? model_type ?? 'none named';
  return `architecture ${found || 'none named'} is not supported; only LlamaForCausalLM is`;
}

function variantFault(config: HuggingFaceConfig): string | undefined {
  if (config.hidden_act !== 'silu') return `hidden_act ${config.hidden_act} is not supported; only silu is`;
  for (const bias of ['attention_bias', 'mlp_bias'] as const) {
    if (config[bias]) return `${bias} is true; biases are not supported`;
  }
  for (const key of ['rope_scaling', 'rope_parameters'] as const) {
    const kind = config[key]?.rope_type ?? config[key]?.type ?? 'default';
    if (kind !== 'default') return `${key}: scaled RoPE (${kind}) is not supported`;
  }
  return undefined;
}

/** The shape under Hugging Face's names, as config.json and model_config.json share them. */
export function huggingFaceNames(config: LlamaConfig): Record<string, unknown> {
  return {
    hidden_size: config.hiddenSize,
    intermediate_size: config.ffnSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    vocab_size: config.vocabSize,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tiedHead,
    bos_token_id: config.bosId,
    eos_token_id: config.eosIds.length === 1 ? config.eosIds[0] : [...config.eosIds],
  };
}
