import { basename, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  TENSOR_NAMES,
  type TensorName,
  tensorShape,
} from './checkpoint.js';
import { requireFinite } from './finite-weights.js';
import type { FloatFormat } from './float-formats.js';
import { emptyCodes, readCodesPart, requireCodes } from './huggingface-codes.js';
import { huggingFaceConfigSchema, llamaConfigOf, requireLlama } from './huggingface-config.js';
import {
  type StoredCodes,
  type StoredGrids,
  type StoredPart,
  storedGrids,
  storedParts,
  valuesOfCodes,
} from './huggingface-quantized.js';
import { EMBEDDING, HEAD, isIgnorable } from './huggingface-tensors.js';
import { readJsonFile } from './json-file.js';
import { floatFormatOf, readTensorInto } from './safetensors-read.js';
import { type Place, Shards } from './safetensors-shards.js';

/** A folder as it is stored: each tensor's float32 values, or the matrix in codes. */
export interface HuggingFaceFolder {
  readonly folder: string;
  readonly config: LlamaConfig;
  readonly tensors: Readonly<Record<TensorName, Float32Array | StoredCodes>>;
  /** In which formats the floats lie, by tensor: all layers' together, in alphabetical order. */
  readonly formats: Readonly<Partial<Record<TensorName, readonly FloatFormat[]>>>;
}

/**
 * Reads a Hugging Face folder: config.json and model.safetensors, or its shards by model.safetensors.index.json. Of a
 * quantized folder of tokenrack's the values that its codes have.
 * @throws ConfigError `model-architecture`, `model-config`, `model-quantized`, `model-dtype`, `tensor-missing`, `tensor-shape`,
 *   `tensor-unexpected`, `codes-invalid`, `head-not-tied`, `weight-not-finite`, and those of the files themselves
 */
export async function readHuggingFace(folder: string): Promise<Checkpoint> {
  return checkpointOf(await readHuggingFaceFolder(folder));
}

/** A folder as it is stored, as a model of the values that its weights have. */
export function checkpointOf({ folder, config, tensors: stored, formats }: HuggingFaceFolder): Checkpoint {
  const tensors = {} as Record<TensorName, Float32Array>;
  const dtypes = new Set<string>(Object.values(formats).flat());
  for (const name of TENSOR_NAMES) {
    const tensor = stored[name];
    if (name === 'lm_head' && config.tiedHead) tensors.lm_head = tensors.embed_tokens;
    else if (tensor instanceof Float32Array) tensors[name] = tensor;
    else {
      tensors[name] = valuesOfCodes(tensor);
      requireFinite(tensors[name], name, folder);
      dtypes.add(`${tensor.grid.bits}-bit`);
    }
  }
  const source = { path: folder, format: 'huggingface', dtype: [...dtypes].sort().join('+') } as const;
  return { name: basename(resolve(folder)), config, tensors, source };
}

/** As `readHuggingFace`, with codes left as they are. A tied head is the same object as the embedding. */
export async function readHuggingFaceFolder(folder: string): Promise<HuggingFaceFolder> {
  const configPath = join(folder, 'config.json');
  const huggingFace = await readJsonFile(configPath, huggingFaceConfigSchema);
  requireLlama(huggingFace, configPath);
  const grids = storedGrids(huggingFace.quantization_config, configPath);
  const config = llamaConfigOf(huggingFace, configPath);
  await using shards = await Shards.open(folder);
  const parts = checkPlaces(config, grids, shards);
  const tensors = await readTensors(config, grids, parts, shards);
  await requireTied(config, tensors.embed_tokens, shards.places.get(HEAD));
  return { folder, config, tensors, formats: formatsOf(parts, shards.places) };
}

/** All that the config asks for is there, in its shape, and nothing more: before anything large is allocated. */
function checkPlaces(
  config: LlamaConfig,
  grids: StoredGrids,
  { folder, places }: Shards,
): readonly StoredPart[] {
  const parts: StoredPart[] = [];
  for (const part of storedParts(config, grids)) {
    checkPlace(part, places.get(part.name), folder);
    parts.push(part);
  }
  const known = new Set(parts.map(({ name }) => name));
  const stray = [...places.keys()].find((name) => !known.has(name) && !isIgnorable(name, config));
  if (stray !== undefined) {
    const path = places.get(stray)!.file.path;
    const message = `${path}: tensor ${stray} is not part of a Llama of ${config.layers} layers as config.json describes it`;
    throw new ConfigError('tensor-unexpected', message, { path, tensor: stray });
  }
  return parts;
}

function checkPlace(
  part: Pick<StoredPart, 'name' | 'shape' | 'dtype'>,
  place: Place | undefined,
  folder: string,
): void {
  const { name, shape, dtype } = part;
  if (place === undefined) {
    const message = `${folder}: tensor ${name} is missing; config.json asks for (${shape.join(', ')})`;
    throw new ConfigError('tensor-missing', message, { path: folder, tensor: name });
  }
  const { file, entry } = place;
  if (dtype === 'float') floatFormatOf(entry, file.path);
  else if (entry.dtype !== dtype) {
    const message = `${file.path}: tensor ${name} is ${entry.dtype}, but its quantization_config asks for ${dtype}`;
    throw new ConfigError('model-dtype', message, { path: file.path, tensor: name, dtype: entry.dtype });
  }
  if (entry.shape.length === shape.length && entry.shape.every((n, i) => n === shape[i])) return;
  const shapes = `has shape (${entry.shape.join(', ')}), but config.json asks for (${shape.join(', ')})`;
  throw new ConfigError('tensor-shape', `${file.path}: tensor ${name} ${shapes}`, {
    path: file.path,
    tensor: name,
    expected: shape,
    found: entry.shape,
  });
}

async function readTensors(
  config: LlamaConfig,
  grids: StoredGrids,
  parts: readonly StoredPart[],
  { folder, places }: Shards,
): Promise<HuggingFaceFolder['tensors']> {
  const tensors = {} as Record<TensorName, Float32Array | StoredCodes>;
  for (const name of TENSOR_NAMES) {
    const grid = grids[name];
    if (name === 'lm_head' && config.tiedHead) tensors.lm_head = tensors.embed_tokens;
    else if (grid !== undefined) tensors[name] = emptyCodes(config, name, grid);
    else tensors[name] = new Float32Array(elementCount(tensorShape(config, name)));
  }
  for (const part of parts) {
    const { file, entry } = places.get(part.name)!;
    const tensor = tensors[part.ours];
    if (tensor instanceof Float32Array) {
      const target = tensor.subarray(part.first, part.first + part.elements);
      await readTensorInto(file, entry, target);
      requireFinite(target, part.name, file.path);
    } else await readCodesPart(file, entry, part, tensor);
  }
  for (const name of TENSOR_NAMES) {
    const tensor = tensors[name];
    if (!(tensor instanceof Float32Array)) requireCodes(tensor, name, folder);
  }
  return tensors;
}

/**
 * A head beside a tied embedding must be a copy of it: which of two different matrices was meant, nobody can know.
 * @throws ConfigError `head-not-tied`
 */
async function requireTied(
  config: LlamaConfig,
  embedding: Float32Array | StoredCodes,
  head: Place | undefined,
): Promise<void> {
  if (!config.tiedHead || head === undefined) return;
  const { file, entry } = head;
  checkPlace({ name: HEAD, shape: tensorShape(config, 'lm_head'), dtype: 'float' }, head, file.path);
  const values = embedding instanceof Float32Array ? embedding : valuesOfCodes(embedding);
  const copy = new Float32Array(values.length);
  await readTensorInto(file, entry, copy);
  const index = copy.findIndex((value, i) => value !== values[i]);
  if (index < 0) return;
  const message = `${file.path}: tie_word_embeddings is true, but ${HEAD}[${index}] is ${copy[index]} where ${EMBEDDING} has ${values[index]}; say false, or remove the tensor`;
  throw new ConfigError('head-not-tied', message, { path: file.path, tensor: HEAD, index });
}

function formatsOf(
  parts: readonly StoredPart[],
  places: ReadonlyMap<string, Place>,
): HuggingFaceFolder['formats'] {
  const formats: Partial<Record<TensorName, readonly FloatFormat[]>> = {};
  for (const { ours, part, name } of parts) {
    if (part !== 'values') continue;
    const { file, entry } = places.get(name)!;
    const known = new Set(formats[ours]).add(floatFormatOf(entry, file.path));
    formats[ours] = [...known].sort();
  }
  return formats;
}
