import { type StoredGrid, type StoredPart, storedParts } from '../../model/huggingface-quantized.js';
import { MATRIX_NAMES, type MatrixName } from '../../model/packed-model.js';
import type { TensorToWrite } from '../../model/safetensors-write.js';
import type { QuantizedModel } from '../quantized-model.js';
import { storedGrid } from '../quantizers/pack-quantized.js';

/** The grids of the matrices that are in codes; a tied head has none of its own. */
export function gridsOf({ tensors, source }: Pick<QuantizedModel, 'tensors' | 'source'>) {
  const grids: Partial<Record<MatrixName, StoredGrid>> = {};
  for (const name of MATRIX_NAMES) {
    const tensor = tensors[name];
    const tied = name === 'lm_head' && source.config.tiedHead;
    if ('grid' in tensor && !tied) grids[name] = storedGrid(tensor.grid);
  }
  return grids;
}

/** All tensors of the folder's model.safetensors; wide elements first, so that each is aligned. */
export function folderTensors(model: QuantizedModel): readonly TensorToWrite[] {
  const tensors = [...storedParts(model.source.config, gridsOf(model))].map((part) => tensorOf(model, part));
  return tensors.sort((a, b) => elementBytes(b) - elementBytes(a));
}

function tensorOf({ tensors, norms }: QuantizedModel, stored: StoredPart): TensorToWrite {
  const { name, shape, ours, part, first, elements } = stored;
  const piece = <T extends Float32Array | Int8Array | Uint8Array>(whole: T) =>
    whole.subarray(first, first + elements);
  if (ours === 'norm1' || ours === 'norm2' || ours === 'final_norm')
    return { name, shape, values: piece(norms[ours]), format: 'float32' };
  const tensor = tensors[ours];
  if ('values' in tensor) return { name, shape, values: piece(tensor.values), format: tensor.format };
  const whole = part === 'codes' ? tensor.codes : part === 'scales' ? tensor.scales : tensor.zeros!;
  return { name, shape, values: piece(whole), format: 'float32' };
}

function elementBytes({ values, format }: TensorToWrite): number {
  if (!(values instanceof Float32Array)) return 1;
  return format === 'float32' ? 4 : 2;
}
