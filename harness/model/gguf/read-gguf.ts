import { basename, extname } from 'node:path';
import { ConfigError } from '../../errors.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  TENSOR_NAMES,
  type TensorName,
  tensorShape,
} from '../checkpoint.js';
import { requireFinite } from '../finite-weights.js';
import { widenFloats } from '../float-formats.js';
import { RangedFile } from '../ranged-file.js';
import { toHalvesOrder } from '../rope-order.js';
import { TENSOR_TYPES, type TensorType } from './gguf-format.js';
import { EMBEDDING_NAME, type GgufTensor, ggufTensors, HEAD_NAME, isRotated } from './gguf-tensors.js';
import { llamaConfigOf } from './llama-metadata.js';
import { type ParsedHeader, type ParsedTensor, parseHeader } from './parse-header.js';
import { decodeQ8 } from './q8-0.js';

/** Of the largest vocabularies, several times over. */
const LARGEST_HEADER_BYTES = 64 * 1024 * 1024;
/** llama.cpp's table of scaled frequencies. */
const ROPE_FACTORS = 'rope_freqs.weight';

/** One that is to be read, found in the file. */
interface Found extends GgufTensor {
  readonly type: TensorType;
  readonly begin: number;
  readonly bytes: number;
}

/**
 * Reads a GGUF file of the llama architecture, its matrices in F32, F16, BF16 or Q8_0, as a model in float32 with the values
 * that its weights have. eps and theta come back as the shortest decimal numbers of the float32 that the file has.
 * @throws ConfigError `gguf-invalid`, `model-architecture`, `model-config`, `model-dtype`, `tensor-missing`,
 *   `tensor-shape`, `tensor-unexpected`, `file-truncated`, `weight-not-finite`
 */
export async function readGguf(path: string): Promise<Checkpoint> {
  await using file = await RangedFile.open(path);
  const beginning = await file.read(0, Math.min(file.sizeBytes, LARGEST_HEADER_BYTES));
  const header = parseHeader(beginning, path);
  const config = configOf(header, path);
  const found: Found[] = [];
  for (const tensor of ggufTensors(config)) found.push(find(tensor, header, file));
  requireNothingMore(header, found, path);
  const tensors = await readTensors(file, config, found);
  const dtype = [...new Set(found.map(({ type }) => type.name))].sort().join('+');
  const name = basename(path, extname(path));
  return { name, config, tensors, source: { path, format: 'gguf', dtype } };
}

function configOf({ metadata, tensors }: ParsedHeader, path: string): LlamaConfig {
  const embedding = tensors.get(EMBEDDING_NAME);
  if (tensors.has(ROPE_FACTORS)) {
    const message = `${path}: ${ROPE_FACTORS}: scaled RoPE is not supported`;
    throw new ConfigError('model-architecture', message, { path });
  }
  return llamaConfigOf(metadata, path, !tensors.has(HEAD_NAME), embedding?.shape[0] ?? 0);
}

function find(tensor: GgufTensor, { tensors }: ParsedHeader, file: RangedFile): Found {
  const { name, shape, elements } = tensor;
  const { path, sizeBytes } = file;
  const parsed = tensors.get(name);
  if (parsed === undefined) {
    const message = `${path}: tensor ${name} is missing; its metadata asks for (${shape.join(', ')})`;
    throw new ConfigError('tensor-missing', message, { path, tensor: name });
  }
  if (parsed.shape.length !== shape.length || parsed.shape.some((extent, i) => extent !== shape[i])) {
    const shapes = `has shape (${parsed.shape.join(', ')}), but its metadata asks for (${shape.join(', ')})`;
    throw new ConfigError('tensor-shape', `${path}: tensor ${name} ${shapes}`, {
      path,
      tensor: name,
      expected: shape,
      found: parsed.shape,
    });
  }
  const type = knownType(parsed, shape.at(-1)!, path);
  const bytes = (elements / type.blockSize) * type.blockBytes;
  const expectedBytes = parsed.begin + bytes;
  if (!(expectedBytes <= sizeBytes)) {
    const message = `${path} is truncated: tensor ${name} ends at byte ${expectedBytes}, but it has ${sizeBytes}`;
    throw new ConfigError('file-truncated', message, { path, expectedBytes, foundBytes: sizeBytes });
  }
  return { ...tensor, type, begin: parsed.begin, bytes };
}

function knownType({ name, type: number }: ParsedTensor, cols: number, path: string): TensorType {
  const type = TENSOR_TYPES.find((one) => one.number === number);
  const details = { path, tensor: name, dtype: number };
  if (type === undefined) {
    const message = `${path}: tensor ${name} is of ggml's type ${number}; only F32, F16, BF16 and Q8_0 are supported: take the model before it was quantized`;
    throw new ConfigError('model-dtype', message, details);
  }
  if (cols % type.blockSize === 0) return type;
  const message = `${path}: tensor ${name} is ${type.name}, but its rows of ${cols} are no multiple of ${type.blockSize}`;
  throw new ConfigError('model-dtype', message, details);
}

function requireNothingMore({ tensors }: ParsedHeader, found: readonly Found[], path: string): void {
  const known = new Set(found.map(({ name }) => name));
  const stray = [...tensors.keys()].find((name) => !known.has(name));
  if (stray === undefined) return;
  const message = `${path}: tensor ${stray} is not part of a plain Llama as the metadata describes it`;
  throw new ConfigError('tensor-unexpected', message, { path, tensor: stray });
}

async function readTensors(
  file: RangedFile,
  config: LlamaConfig,
  found: readonly Found[],
): Promise<Record<TensorName, Float32Array>> {
  const tensors = {} as Record<TensorName, Float32Array>;
  for (const name of TENSOR_NAMES) {
    const tied = name === 'lm_head' && config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : new Float32Array(elementCount(tensorShape(config, name)));
  }
  for (const { name, ours, first, elements, type, begin, bytes } of found) {
    const target = tensors[ours].subarray(first, first + elements);
    decode(await file.read(begin, bytes), type, target);
    requireFinite(target, name, file.path);
    if (isRotated(ours)) target.set(toHalvesOrder(target, config.headSize, config.hiddenSize));
  }
  return tensors;
}

function decode(bytes: Uint8Array, { name }: TensorType, target: Float32Array): void {
  if (name === 'Q8_0') decodeQ8(bytes, target);
  else widenFloats(bytes, name === 'F32' ? 'float32' : name === 'F16' ? 'float16' : 'bfloat16', target);
}
