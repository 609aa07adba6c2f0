import { elementCount, type LlamaConfig, TENSOR_NAMES, type TensorName, tensorShape } from './checkpoint.js';

export interface TensorInfo {
  readonly name: TensorName;
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly float32Bytes: number;
}

/** Multiply-accumulates of one forward pass, without attention's own (they grow with the position). */
export interface ForwardMacs {
  readonly attention: number;
  readonly mlp: number;
  readonly head: number;
  readonly total: number;
}

/** What the firmware allocates in PSRAM whatever else it does (firmware/PROTOCOL.md, "Memory"), at the default knobs. */
export interface PsramNeed {
  readonly kvCacheBytes: number;
  readonly stageBytes: number;
  readonly logitsBytes: number;
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly fits: boolean;
  /** Longest context whose cache still fits, at most the model's; 0 when not even one position does. */
  readonly longestContext: number;
}

export interface ModelInfo {
  readonly parameters: number;
  /** Of them, those of the norms. */
  readonly normParameters: number;
  /** A tied head is not listed: it has no weights of its own. */
  readonly tensors: readonly TensorInfo[];
  readonly float32Bytes: number;
  readonly contextLength: number;
  readonly macs: ForwardMacs;
  /** Weights that one token streams in float32: every matrix once and one embedding row; norms stay in memory. */
  readonly streamedBytes: number;
  readonly psram: PsramNeed;
}

export interface InfoOptions {
  /** Positions in the KV cache; default: 512, or the model's own when that is less. */
  readonly contextLength?: number;
  /** Default: the 4 MB that an ESP32 maps. */
  readonly psramBytes?: number;
}

const FLOAT = 4;
const MLP_CHUNK_BYTES = 98304;
const HEAD_CHUNK_ROWS = 256;

/** What a shape costs. Pure arithmetic: nothing of it was measured. */
export function modelInfo(config: LlamaConfig, options: InfoOptions = {}): ModelInfo {
  const tensors = TENSOR_NAMES.filter((name) => name !== 'lm_head' || !config.tiedHead).map((name) =>
    describe(config, name),
  );
  const parameters = tensors.reduce((sum, tensor) => sum + tensor.parameters, 0);
  const norms = tensors.filter(({ name }) => name.includes('norm'));
  const macs = forwardMacs(config);
  const contextLength = options.contextLength ?? Math.min(512, config.contextLength);
  return {
    parameters,
    normParameters: norms.reduce((sum, tensor) => sum + tensor.parameters, 0),
    tensors,
    float32Bytes: parameters * FLOAT,
    contextLength,
    macs,
    streamedBytes: (macs.total + config.hiddenSize) * FLOAT,
    psram: psramNeed(config, contextLength, options.psramBytes ?? 4 * 1024 * 1024),
  };
}

/** Bytes of keys and values for `contextLength` positions, in float32. */
export function kvCacheBytes(config: LlamaConfig, contextLength: number): number {
  return 2 * config.layers * contextLength * config.kvHeads * config.headSize * FLOAT;
}

function describe(config: LlamaConfig, name: TensorName): TensorInfo {
  const shape = tensorShape(config, name);
  const parameters = elementCount(shape);
  return { name, shape, parameters, float32Bytes: parameters * FLOAT };
}

function forwardMacs(config: LlamaConfig): ForwardMacs {
  const count = (...names: TensorName[]) =>
    names.reduce((sum, name) => sum + elementCount(tensorShape(config, name)), 0);
  const attention = count('q_proj', 'k_proj', 'v_proj', 'o_proj');
  const mlp = count('gate_proj', 'up_proj', 'down_proj');
  const head = count('lm_head');
  return { attention, mlp, head, total: attention + mlp + head };
}

function psramNeed(config: LlamaConfig, contextLength: number, availableBytes: number): PsramNeed {
  const kv = kvCacheBytes(config, contextLength);
  const stageBytes = largestStage(config);
  const logitsBytes = config.vocabSize * FLOAT;
  const totalBytes = kv + stageBytes + logitsBytes;
  const left = Math.max(0, availableBytes - stageBytes - logitsBytes);
  const longestContext = Math.min(config.contextLength, Math.floor(left / kvCacheBytes(config, 1)));
  return {
    kvCacheBytes: kv,
    stageBytes,
    logitsBytes,
    totalBytes,
    availableBytes,
    fits: totalBytes <= availableBytes,
    longestContext,
  };
}

/** The one buffer that an attention matrix, an MLP chunk and a head chunk share in turn. */
function largestStage(config: LlamaConfig): number {
  const { hiddenSize, ffnSize, layers, vocabSize } = config;
  const matrix = (name: TensorName) => (elementCount(tensorShape(config, name)) / layers) * FLOAT;
  const chunk = (columns: number, rows: number) =>
    Math.min(rows, Math.max(1, Math.floor(MLP_CHUNK_BYTES / (columns * FLOAT)))) * columns * FLOAT;
  return Math.max(
    matrix('q_proj'),
    matrix('k_proj'),
    chunk(hiddenSize, ffnSize),
    chunk(ffnSize, hiddenSize),
    Math.min(HEAD_CHUNK_ROWS, vocabSize) * hiddenSize * FLOAT,
  );
}
