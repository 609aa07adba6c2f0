import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';
import { type CardConfig, readCardConfig } from './card-config.js';
import { firstDifference, MANIFEST, MODEL_CONFIG, readCardFolder } from './card-folder.js';
import { type CardScales, QUANTIZATION_SCALES, readCardScales } from './card-scales.js';
import { requireUsable } from './check-packed.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  type TensorName,
  tensorShape,
} from './checkpoint.js';
import { requireFinite } from './finite-weights.js';
import { matrixShape } from './pack-model.js';
import {
  MATRIX_NAMES,
  type MatrixName,
  type NormName,
  type PackedModel,
  type PackedTensor,
} from './packed-model.js';
import { RangedFile } from './ranged-file.js';
import { unpackModel } from './unpack-model.js';
import { rowBytes, type WeightFormat } from './weight-format.js';

/**
 * Reads a card folder (firmware/FORMATS.md) of any formats as a model in float32, with the values that its weights have.
 * @throws ConfigError as `readPackedCard` does
 */
export async function readCard(folder: string): Promise<Checkpoint> {
  return unpackModel(await readPackedCard(folder));
}

/**
 * Reads a card folder as it is stored. Where a manifest lies in it, every file must agree with it.
 * @throws ConfigError `card-damaged`, `model-config`, `tensor-missing`, `tensor-size`, `weight-not-finite`, `card-scales`,
 * and those of the files
 */
export async function readPackedCard(folder: string): Promise<PackedModel> {
  const card = await readCardConfig(join(folder, MODEL_CONFIG));
  const { config, weightFormat } = card;
  if (existsSync(join(folder, MANIFEST))) await requireUndamaged(folder);
  const scales = await readCardScales(join(folder, QUANTIZATION_SCALES));
  const tensors = {} as Record<MatrixName, PackedTensor>;
  for (const name of MATRIX_NAMES) {
    const tied = name === 'lm_head' && config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : await readMatrix(folder, card, name, scales);
  }
  const norms = {
    norm1: await readNorm(folder, config, 'norm1'),
    norm2: await readNorm(folder, config, 'norm2'),
    final_norm: await readNorm(folder, config, 'final_norm'),
  };
  const source = { path: folder, format: 'card', dtype: weightFormat } as const;
  return { name: basename(resolve(folder)), config, tensors, norms, weightFormat, source };
}

async function requireUndamaged(folder: string): Promise<void> {
  const name = await firstDifference(await readCardFolder(folder));
  if (name === undefined) return;
  const message = `${join(folder, name)} does not agree with ${MANIFEST}; export the card folder again`;
  throw new ConfigError('card-damaged', message, { path: folder, file: name });
}

async function readMatrix(
  folder: string,
  { config, tensors }: CardConfig,
  name: MatrixName,
  cardScales: CardScales,
): Promise<PackedTensor> {
  const format = tensors[name];
  const shape = matrixShape(config, name);
  const expectedBytes = shape.layers * shape.rows * rowBytes(format, shape.cols);
  const bytes = await readTensor(folder, config, name, format, expectedBytes);
  const scales = format === 'int8' ? { scales: cardScales.of(name, shape.layers) } : {};
  const tensor: PackedTensor = { format, ...shape, bytes, ...scales };
  requireUsable(tensor, name, join(folder, `${name}.bin`));
  return tensor;
}

async function readNorm(folder: string, config: LlamaConfig, name: NormName): Promise<Float32Array> {
  const expectedBytes = 4 * elementCount(tensorShape(config, name));
  const bytes = await readTensor(folder, config, name, 'float32', expectedBytes);
  const values = new Float32Array(bytes.buffer);
  requireFinite(values, name, join(folder, `${name}.bin`));
  return values;
}

async function readTensor(
  folder: string,
  config: LlamaConfig,
  name: TensorName,
  format: WeightFormat,
  expectedBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(folder, `${name}.bin`);
  if (!existsSync(path)) {
    const message = `${path} is missing from the card folder`;
    throw new ConfigError('tensor-missing', message, { path, tensor: name });
  }
  await using file = await RangedFile.open(path);
  const foundBytes = file.sizeBytes;
  if (foundBytes !== expectedBytes) {
    const shape = tensorShape(config, name).join(', ');
    const message = `${path} has ${foundBytes} bytes, but (${shape}) in ${format} takes ${expectedBytes}`;
    throw new ConfigError('tensor-size', message, { path, tensor: name, expectedBytes, foundBytes });
  }
  return file.read(0, expectedBytes);
}
