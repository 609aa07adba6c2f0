import type { Checkpoint, TensorName } from '../../model/checkpoint.js';
import {
  MATRIX_NAMES,
  type MatrixName,
  type PackedModel,
  type PackedTensor,
} from '../../model/packed-model.js';

/** The same model in memory that threads share instead of copying. */
export function shareModel<Model extends Checkpoint | PackedModel>(model: Model): Model;
export function shareModel(model: Checkpoint | PackedModel): Checkpoint | PackedModel {
  return 'norms' in model ? sharePacked(model) : shareCheckpoint(model);
}

function shareCheckpoint(model: Checkpoint): Checkpoint {
  const tensors = {} as Record<TensorName, Float32Array>;
  for (const [name, values] of Object.entries(model.tensors) as [TensorName, Float32Array][]) {
    const tied = name === 'lm_head' && model.config.tiedHead && tensors.embed_tokens !== undefined;
    tensors[name] = tied ? tensors.embed_tokens : shareFloats(values);
  }
  return { ...model, tensors };
}

function sharePacked(model: PackedModel): PackedModel {
  const tensors = {} as Record<MatrixName, PackedTensor>;
  for (const name of MATRIX_NAMES) {
    const tied = name === 'lm_head' && model.config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : shareTensor(model.tensors[name]);
  }
  const { norm1, norm2, final_norm } = model.norms;
  const norms = { norm1: shareFloats(norm1), norm2: shareFloats(norm2), final_norm: shareFloats(final_norm) };
  return { ...model, tensors, norms };
}

/** The same of one tensor. */
export function shareTensor(tensor: PackedTensor): PackedTensor {
  return { ...tensor, bytes: shareBytes(tensor.bytes) };
}

function shareFloats(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

function shareBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  shared.set(bytes);
  return shared;
}
