import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
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
import { huggingFaceConfigSchema, llamaConfigOf, requireLlama } from './huggingface-config.js';
import { isIgnorable, type StoredTensor, storedTensors } from './huggingface-tensors.js';
import { readJsonFile } from './json-file.js';
import { RangedFile } from './ranged-file.js';
import {
  floatFormatOf,
  readSafetensorsTable,
  readTensorInto,
  type SafetensorsEntry,
} from './safetensors-read.js';

interface Place {
  readonly file: RangedFile;
  readonly entry: SafetensorsEntry;
}

/**
 * Reads a Hugging Face folder: config.json and model.safetensors, or its shards by model.safetensors.index.json.
 * @throws ConfigError `model-architecture`, `model-config`, `model-dtype`, `tensor-missing`, `tensor-shape`,
 *   `tensor-unexpected`, `weight-not-finite`, and those of the files themselves
 */
export async function readHuggingFace(folder: string): Promise<Checkpoint> {
  const configPath = join(folder, 'config.json');
  const huggingFace = await readJsonFile(configPath, huggingFaceConfigSchema);
  requireLlama(huggingFace, configPath);
  const config = llamaConfigOf(huggingFace, configPath);
  const files: RangedFile[] = [];
  try {
    for (const path of await weightFiles(folder)) files.push(await RangedFile.open(path));
    const places = await findPlaces(files);
    checkPlaces(config, places, folder);
    const tensors = await readTensors(config, places);
    const dtypes = new Set([...places.values()].map(({ file, entry }) => floatFormatOf(entry, file.path)));
    const source = { path: folder, format: 'huggingface', dtype: [...dtypes].sort().join('+') } as const;
    return { name: basename(resolve(folder)), config, tensors, source };
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

async function weightFiles(folder: string): Promise<readonly string[]> {
  const single = join(folder, 'model.safetensors');
  const indexPath = join(folder, 'model.safetensors.index.json');
  if (existsSync(single) || !existsSync(indexPath)) return [single];
  const { weight_map } = await readJsonFile(indexPath, indexSchema);
  const names = [...new Set(Object.values(weight_map))].sort();
  const stray = names.find((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (stray !== undefined || names.length === 0) {
    const reason =
      stray === undefined ? 'names no shard' : `names ${JSON.stringify(stray)}, which is no file beside it`;
    throw new ConfigError('safetensors-invalid', `${indexPath}: weight_map ${reason}`, { path: indexPath });
  }
  return names.map((name) => join(folder, name));
}

async function findPlaces(files: readonly RangedFile[]): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  for (const file of files) {
    for (const [name, entry] of await readSafetensorsTable(file)) {
      const other = places.get(name);
      if (other !== undefined) {
        const message = `tensor ${name} lies in both ${other.file.path} and ${file.path}`;
        throw new ConfigError('safetensors-invalid', message, { path: file.path, tensor: name });
      }
      places.set(name, { file, entry });
    }
  }
  return places;
}

/** All that the config asks for is there, in its shape, and nothing more: before anything large is allocated. */
function checkPlaces(config: LlamaConfig, places: ReadonlyMap<string, Place>, folder: string): void {
  const known = new Set<string>();
  for (const stored of storedTensors(config)) {
    known.add(stored.name);
    checkPlace(stored, places.get(stored.name), folder);
  }
  const stray = [...places.keys()].find((name) => !known.has(name) && !isIgnorable(name, config));
  if (stray !== undefined) {
    const path = places.get(stray)!.file.path;
    const message = `${path}: tensor ${stray} is not part of a Llama of ${config.layers} layers as config.json describes it`;
    throw new ConfigError('tensor-unexpected', message, { path, tensor: stray });
  }
}

function checkPlace(stored: StoredTensor, place: Place | undefined, folder: string): void {
  if (place === undefined) {
    const message = `${folder}: tensor ${stored.name} is missing; config.json asks for (${stored.shape.join(', ')})`;
    throw new ConfigError('tensor-missing', message, { path: folder, tensor: stored.name });
  }
  const { file, entry } = place;
  floatFormatOf(entry, file.path);
  if (entry.shape.length === stored.shape.length && entry.shape.every((n, i) => n === stored.shape[i]))
    return;
  const shapes = `has shape (${entry.shape.join(', ')}), but config.json asks for (${stored.shape.join(', ')})`;
  throw new ConfigError('tensor-shape', `${file.path}: tensor ${stored.name} ${shapes}`, {
    path: file.path,
    tensor: stored.name,
    expected: stored.shape,
    found: entry.shape,
  });
}

async function readTensors(
  config: LlamaConfig,
  places: ReadonlyMap<string, Place>,
): Promise<Record<TensorName, Float32Array>> {
  const tensors = {} as Record<TensorName, Float32Array>;
  for (const name of TENSOR_NAMES) {
    const tied = name === 'lm_head' && config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : new Float32Array(elementCount(tensorShape(config, name)));
  }
  for (const { name, ours, first, elements } of storedTensors(config)) {
    const { file, entry } = places.get(name)!;
    const target = tensors[ours].subarray(first, first + elements);
    await readTensorInto(file, entry, target);
    requireFinite(target, name, file.path);
  }
  return tensors;
}
