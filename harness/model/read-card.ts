import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { firstDifference, MANIFEST, MODEL_CONFIG, readCardFolder } from './card-folder.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  TENSOR_NAMES,
  type TensorName,
  tensorShape,
} from './checkpoint.js';
import { requireFinite } from './finite-weights.js';
import { huggingFaceConfigSchema, llamaConfigOf } from './huggingface-config.js';
import { readJsonFile } from './json-file.js';
import { RangedFile } from './ranged-file.js';
import { WEIGHT_FORMATS } from './weight-format.js';

const cardConfigSchema = huggingFaceConfigSchema.extend({ weight_format: z.enum(WEIGHT_FORMATS) });

/**
 * Reads a card folder (firmware/FORMATS.md) back. Where a manifest lies in it, every file must agree with it.
 * @throws ConfigError `card-damaged`, `model-config`, `tensor-missing`, `tensor-size`, `weight-not-finite`, and those of the files
 */
export async function readCard(folder: string): Promise<Checkpoint> {
  const configPath = join(folder, MODEL_CONFIG);
  const card = await readJsonFile(configPath, cardConfigSchema);
  const config = llamaConfigOf(card, configPath);
  if (existsSync(join(folder, MANIFEST))) await requireUndamaged(folder);
  const tensors = {} as Record<TensorName, Float32Array>;
  for (const name of TENSOR_NAMES) {
    const tied = name === 'lm_head' && config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : await readTensor(folder, config, name);
  }
  const source = { path: folder, format: 'card', dtype: card.weight_format } as const;
  return { name: basename(resolve(folder)), config, tensors, source };
}

async function requireUndamaged(folder: string): Promise<void> {
  const name = await firstDifference(await readCardFolder(folder));
  if (name === undefined) return;
  const message = `${join(folder, name)} does not agree with ${MANIFEST}; export the card folder again`;
  throw new ConfigError('card-damaged', message, { path: folder, file: name });
}

async function readTensor(folder: string, config: LlamaConfig, name: TensorName): Promise<Float32Array> {
  const path = join(folder, `${name}.bin`);
  if (!existsSync(path)) {
    throw new ConfigError('tensor-missing', `${path} is missing from the card folder`, {
      path,
      tensor: name,
    });
  }
  await using file = await RangedFile.open(path);
  const shape = tensorShape(config, name);
  const expectedBytes = 4 * elementCount(shape);
  if (file.sizeBytes !== expectedBytes) {
    const message = `${path} has ${file.sizeBytes} bytes, but (${shape.join(', ')}) in float32 takes ${expectedBytes}`;
    throw new ConfigError('tensor-size', message, {
      path,
      tensor: name,
      expectedBytes,
      foundBytes: file.sizeBytes,
    });
  }
  const values = new Float32Array(expectedBytes / 4);
  await file.readInto(new Uint8Array(values.buffer), 0);
  requireFinite(values, name, path);
  return values;
}
