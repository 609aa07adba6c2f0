/** The shape of a Llama-architecture model. All sizes are element counts. */
export interface LlamaConfig {
  readonly hiddenSize: number;
  /** Width of the MLP (Hugging Face: intermediate_size). */
  readonly ffnSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabSize: number;
  /** Longest sequence the model was made for, in tokens. */
  readonly contextLength: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** The head shares the embedding matrix. */
  readonly tiedHead: boolean;
  readonly bosId: number;
  readonly eosIds: readonly number[];
}

/** The tensors of a card folder, by the file names of the seeds (firmware/FORMATS.md) without `.bin`. */
export const TENSOR_NAMES = [
  'embed_tokens',
  'norm1',
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'norm2',
  'gate_proj',
  'up_proj',
  'down_proj',
  'final_norm',
  'lm_head',
] as const;
export type TensorName = (typeof TENSOR_NAMES)[number];

/**
 * A model in memory, float32. Tensors are row-major with layers stacked in front, exactly as
 * firmware/FORMATS.md lays out the card; q and k are in Hugging Face's RoPE order.
 * With `config.tiedHead`, `lm_head` is the same array object as `embed_tokens`.
 */
export interface Checkpoint {
  /** Short name for people and file names, such as `stories260K`. */
  readonly name: string;
  readonly config: LlamaConfig;
  readonly tensors: Readonly<Record<TensorName, Float32Array>>;
  /** Where it came from. */
  readonly source: {
    readonly path: string;
    readonly format: 'huggingface' | 'llama2.c' | 'gguf' | 'card' | 'seeded';
    /** As stored on disk, such as `bfloat16`. */
    readonly dtype: string;
  };
}

/** Shape of each tensor as stored, layers in front. (rows, cols) per layer for matrices. */
export function tensorShape(config: LlamaConfig, name: TensorName): readonly number[] {
  const { layers, hiddenSize, ffnSize, vocabSize } = config;
  const queries = config.heads * config.headSize;
  const keys = config.kvHeads * config.headSize;
  switch (name) {
    case 'embed_tokens':
    case 'lm_head':
      return [vocabSize, hiddenSize];
    case 'norm1':
    case 'norm2':
      return [layers, hiddenSize];
    case 'final_norm':
      return [hiddenSize];
    case 'q_proj':
      return [layers, queries, hiddenSize];
    case 'k_proj':
    case 'v_proj':
      return [layers, keys, hiddenSize];
    case 'o_proj':
      return [layers, hiddenSize, queries];
    case 'gate_proj':
    case 'up_proj':
      return [layers, ffnSize, hiddenSize];
    case 'down_proj':
      return [layers, hiddenSize, ffnSize];
  }
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
