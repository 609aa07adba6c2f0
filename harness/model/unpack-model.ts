import type { Checkpoint, TensorName } from './checkpoint.js';
import { MATRIX_NAMES, type PackedModel } from './packed-model.js';
import { unpackTensor } from './unpack-tensor.js';

/** The model in float32, with the values that its stored weights have (see `unpackTensor`). */
export function unpackModel({ name, config, tensors, norms, source }: PackedModel): Checkpoint {
  const values = { ...norms } as Record<TensorName, Float32Array>;
  for (const matrix of MATRIX_NAMES) {
    const tied = matrix === 'lm_head' && config.tiedHead;
    values[matrix] = tied ? values.embed_tokens : unpackTensor(tensors[matrix]);
  }
  return { name, config, tensors: values, source };
}
