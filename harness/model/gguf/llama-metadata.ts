import { ConfigError } from '../../errors.js';
import { checkConfig } from '../check-config.js';
import type { LlamaConfig } from '../checkpoint.js';
import type { GgufType, MetadataEntry } from './gguf-format.js';
import type { ParsedValue } from './parse-header.js';

/** llama.cpp's LlamaFileType of a file whose matrices are of this type. */
const FILE_TYPES: Readonly<Record<GgufType, number>> = { F32: 0, F16: 1, Q8_0: 7 };
/** Of ggml's block formats. */
const QUANTIZATION_VERSION = 2;
/** Where a model has several end tokens: GGUF's own key holds one. */
const EOS_IDS = 'tokenrack.eos_token_ids';

/** Keys as llama.cpp's convert_hf_to_gguf.py writes them for the llama architecture. */
export function llamaMetadata(name: string, config: LlamaConfig, type: GgufType): readonly MetadataEntry[] {
  const { hiddenSize, heads, headSize, eosIds } = config;
  const ownHeadSize = headSize * heads !== hiddenSize;
  return [
    text('general.architecture', 'llama'),
    text('general.type', 'model'),
    text('general.name', name),
    number('general.file_type', FILE_TYPES[type]),
    number('general.quantization_version', QUANTIZATION_VERSION),
    number('llama.block_count', config.layers),
    number('llama.context_length', config.contextLength),
    number('llama.embedding_length', hiddenSize),
    number('llama.feed_forward_length', config.ffnSize),
    number('llama.attention.head_count', heads),
    number('llama.attention.head_count_kv', config.kvHeads),
    float('llama.attention.layer_norm_rms_epsilon', config.rmsNormEps),
    ...(ownHeadSize
      ? [number('llama.attention.key_length', headSize), number('llama.attention.value_length', headSize)]
      : []),
    number('llama.rope.dimension_count', headSize),
    float('llama.rope.freq_base', config.ropeTheta),
    number('llama.vocab_size', config.vocabSize),
    number('tokenizer.ggml.bos_token_id', config.bosId),
    number('tokenizer.ggml.eos_token_id', eosIds[0]!),
    ...(eosIds.length === 1 ? [] : [[EOS_IDS, { type: 'array', of: 'int32', value: eosIds }] as const]),
  ];
}

/**
 * The shape that a file's metadata describes.
 * @param tiedHead whether the file has no head of its own
 * @param vocabSize rows of the embedding, where the metadata does not say
 * @throws ConfigError `model-architecture` for what is no plain Llama, `model-config` for numbers that are missing or contradict each other
 */
export function llamaConfigOf(
  metadata: ReadonlyMap<string, ParsedValue>,
  path: string,
  tiedHead: boolean,
  vocabSize: number,
): LlamaConfig {
  requirePlainLlama(metadata, path);
  const optional = (key: string): number | undefined => {
    const value = metadata.get(key);
    if (value === undefined || typeof value === 'number') return value;
    throw fault(
      path,
      'model-config',
      `${key} is ${JSON.stringify(value)?.slice(0, 40)}; one number is needed`,
    );
  };
  const needed = (key: string): number => {
    const value = optional(`llama.${key}`);
    if (value === undefined) throw fault(path, 'model-config', `llama.${key} is missing`);
    return value;
  };
  const hiddenSize = needed('embedding_length');
  const heads = needed('attention.head_count');
  const headSize = optional('llama.attention.key_length') ?? hiddenSize / heads;
  for (const key of ['attention.value_length', 'rope.dimension_count']) {
    const other = optional(`llama.${key}`) ?? headSize;
    if (other === headSize) continue;
    throw fault(path, 'model-architecture', `llama.${key} is ${other}, but a head has ${headSize}`);
  }
  const eosIds = metadata.get(EOS_IDS);
  const config: LlamaConfig = {
    hiddenSize,
    ffnSize: needed('feed_forward_length'),
    layers: needed('block_count'),
    heads,
    kvHeads: optional('llama.attention.head_count_kv') ?? heads,
    headSize,
    vocabSize: optional('llama.vocab_size') ?? vocabSize,
    contextLength: needed('context_length'),
    rmsNormEps: shortest(needed('attention.layer_norm_rms_epsilon')),
    ropeTheta: shortest(optional('llama.rope.freq_base') ?? 10000),
    tiedHead,
    bosId: optional('tokenizer.ggml.bos_token_id') ?? 1,
    eosIds: Array.isArray(eosIds) ? eosIds.map(Number) : [optional('tokenizer.ggml.eos_token_id') ?? 2],
  };
  checkConfig(config, path);
  return config;
}

function requirePlainLlama(metadata: ReadonlyMap<string, ParsedValue>, path: string): void {
  const refuse = (reason: string) => fault(path, 'model-architecture', reason);
  const architecture = metadata.get('general.architecture');
  if (architecture !== 'llama')
    throw refuse(`architecture ${String(architecture ?? 'none named')} is not supported; only llama is`);
  const scaling = metadata.get('llama.rope.scaling.type') ?? 'none';
  if (scaling !== 'none')
    throw refuse(`llama.rope.scaling.type: scaled RoPE (${String(scaling)}) is not supported`);
  if (Number(metadata.get('llama.expert_count') ?? 0) > 0)
    throw refuse('llama.expert_count: mixtures of experts are not supported');
  if (Number(metadata.get('split.count') ?? 1) > 1)
    throw refuse(
      'split.count: files in several parts are not supported; join them with llama-gguf-split --merge',
    );
}

/** The shortest decimal number of the same float32: 1e-5 comes back as 1e-5. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

function text(key: string, value: string): MetadataEntry {
  return [key, { type: 'string', value }];
}

function number(key: string, value: number): MetadataEntry {
  return [key, { type: 'uint32', value }];
}

function float(key: string, value: number): MetadataEntry {
  return [key, { type: 'float32', value }];
}

function fault(path: string, code: 'model-config' | 'model-architecture', reason: string): ConfigError {
  return new ConfigError(code, `${path}: ${reason.replace(/\s+/g, ' ')}`, { path });
}
