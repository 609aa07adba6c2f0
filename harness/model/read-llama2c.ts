import { basename, extname } from 'node:path';
import { ConfigError } from '../errors.js';
import { checkConfig } from './check-config.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  type TensorName,
  tensorShape,
} from './checkpoint.js';
import { requireFinite } from './finite-weights.js';
import { RangedFile } from './ranged-file.js';
import { toHalvesOrder } from './rope-order.js';

const HEADER_BYTES = 28;
/** "ak42": llama2.c's later versions begin with it. */
const LATER_MAGIC = 0x616b3432;

/** In file order; between `final_norm` and the head lie two legacy RoPE tables, which the model does not need. */
const FILE_ORDER: readonly TensorName[] = [
  'embed_tokens',
  'norm1',
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'norm2',
  'gate_proj',
  'down_proj',
  'up_proj',
  'final_norm',
];

/**
 * Reads a llama2.c checkpoint of version 0: seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size,
 * seq_len; a negative vocab_size says that the head is not tied), then float32 weights. The format carries neither eps
 * nor theta nor special tokens: llama2.c has 1e-5, 10000, bos 1 and eos 2. q and k come out in Hugging Face's RoPE order.
 * @throws ConfigError `model-config`, `model-truncated`, `model-size`, `weight-not-finite`, and those of the file
 */
export async function readLlama2c(path: string): Promise<Checkpoint> {
  await using file = await RangedFile.open(path);
  const config = await readHeader(file);
  const skippedFloats = config.contextLength * config.headSize;
  checkSize(file, config, skippedFloats);
  const tensors = {} as Record<TensorName, Float32Array>;
  let offset = HEADER_BYTES;
  for (const name of FILE_ORDER) {
    tensors[name] = await readTensor(file, config, name, offset);
    offset += tensors[name].byteLength;
  }
  offset += skippedFloats * 4;
  tensors.lm_head = config.tiedHead
    ? tensors.embed_tokens
    : await readTensor(file, config, 'lm_head', offset);
  for (const name of ['q_proj', 'k_proj'] as const) {
    tensors[name] = toHalvesOrder(tensors[name], config.headSize, config.hiddenSize);
  }
  const source = { path, format: 'llama2.c', dtype: 'float32' } as const;
  return { name: basename(path, extname(path)), config, tensors, source };
}

async function readHeader(file: RangedFile): Promise<LlamaConfig> {
  if (file.sizeBytes < HEADER_BYTES) throw sizeError(file, HEADER_BYTES);
  const view = new DataView((await file.read(0, HEADER_BYTES)).buffer);
  if (view.getUint32(0, true) === LATER_MAGIC) {
    const version = view.getInt32(4, true);
    throw new ConfigError(
      'model-format',
      `${file.path} is llama2.c version ${version}; export it as version 0`,
      {
        path: file.path,
        version,
      },
    );
  }
  const [hiddenSize, ffnSize, layers, heads, kvHeads, vocab, contextLength] = Array.from(
    { length: 7 },
    (_, i) => view.getInt32(4 * i, true),
  ) as [number, number, number, number, number, number, number];
  const config: LlamaConfig = {
    hiddenSize,
    ffnSize,
    layers,
    heads,
    kvHeads,
    headSize: hiddenSize / heads,
    vocabSize: Math.abs(vocab),
    contextLength,
    rmsNormEps: 1e-5,
    ropeTheta: 10000,
    tiedHead: vocab > 0,
    bosId: 1,
    eosIds: [2],
  };
  checkConfig(config, `${file.path} (read as a llama2.c checkpoint)`);
  return config;
}

function checkSize(file: RangedFile, config: LlamaConfig, skippedFloats: number): void {
  const names: readonly TensorName[] = config.tiedHead ? FILE_ORDER : [...FILE_ORDER, 'lm_head'];
  const floats = names.reduce((sum, name) => sum + elementCount(tensorShape(config, name)), skippedFloats);
  const expectedBytes = HEADER_BYTES + 4 * floats;
  if (file.sizeBytes !== expectedBytes) throw sizeError(file, expectedBytes);
}

function sizeError(file: RangedFile, expectedBytes: number): ConfigError {
  const truncated = file.sizeBytes < expectedBytes;
  const state = truncated ? 'is truncated' : 'is too long';
  return new ConfigError(
    truncated ? 'model-truncated' : 'model-size',
    `${file.path} ${state}: expected ${expectedBytes} bytes for a llama2.c checkpoint of its header, found ${file.sizeBytes}`,
    { path: file.path, expectedBytes, foundBytes: file.sizeBytes },
  );
}

async function readTensor(
  file: RangedFile,
  config: LlamaConfig,
  name: TensorName,
  offset: number,
): Promise<Float32Array> {
  const values = new Float32Array(elementCount(tensorShape(config, name)));
  await file.readInto(new Uint8Array(values.buffer), offset);
  requireFinite(values, name, file.path);
  return values;
}
