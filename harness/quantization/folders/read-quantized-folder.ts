import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import type { StoredCodes } from '../../model/huggingface-quantized.js';
import { readJsonFile } from '../../model/json-file.js';
import { matrixShape } from '../../model/pack-model.js';
import { MATRIX_NAMES, type MatrixName } from '../../model/packed-model.js';
import { checkpointOf, type HuggingFaceFolder, readHuggingFaceFolder } from '../../model/read-huggingface.js';
import { packedOf } from '../quantize-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import type { FloatTensor, QuantizedTensor } from '../quantized-tensor.js';
import { QUANTIZATION_CONFIG, quantizationConfigSchema } from './quantization-config.js';

/** Whether a folder is one that `writeQuantizedFolder` wrote. */
export function isQuantizedFolder(path: string): boolean {
  return existsSync(join(path, QUANTIZATION_CONFIG)) && existsSync(join(path, 'config.json'));
}

/**
 * Reads a build back: the same codes, scales and zero points, and what a card holds of them. The folder does not have the
 * weights that were rounded: `source` has the values that the codes have.
 * @throws ConfigError `codes-invalid` for codes that their grid does not have, `model-dtype`, and as `readHuggingFace` does
 */
export async function readQuantizedFolder(folder: string): Promise<QuantizedModel> {
  const { name, recipe } = await readJsonFile(join(folder, QUANTIZATION_CONFIG), quantizationConfigSchema);
  const stored = await readHuggingFaceFolder(folder);
  const tensors = {} as Record<MatrixName, QuantizedTensor | FloatTensor>;
  for (const matrix of MATRIX_NAMES) {
    const tied = matrix === 'lm_head' && stored.config.tiedHead;
    tensors[matrix] = tied ? tensors.embed_tokens : tensorOf(stored, matrix);
  }
  const source = checkpointOf(stored);
  const { norm1, norm2, final_norm } = source.tensors;
  const model = { name, recipe, source, tensors, norms: { norm1, norm2, final_norm } };
  return { ...model, ...packedOf(model) };
}

function tensorOf(stored: HuggingFaceFolder, matrix: MatrixName): QuantizedTensor | FloatTensor {
  const tensor = stored.tensors[matrix];
  if (!(tensor instanceof Float32Array)) return quantizedTensor(tensor);
  const [format, ...others] = stored.formats[matrix] ?? [];
  if (format === undefined || others.length > 0) {
    const message = `${stored.folder}: the layers of ${matrix} lie in different floats: ${[format, ...others].join(', ')}`;
    throw new ConfigError('model-dtype', message, { path: stored.folder, tensor: matrix });
  }
  return { format, ...matrixShape(stored.config, matrix), values: tensor };
}

function quantizedTensor(stored: StoredCodes): QuantizedTensor {
  const { bits, group, zero_point: zeroPoint } = stored.grid;
  return { ...stored, grid: { bits, group, zeroPoint } };
}
