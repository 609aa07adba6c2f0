import { chosenFormats, commonFormat, type FormatChoice } from './pack-model.js';
import { packTensor } from './pack-tensor.js';
import { MATRIX_NAMES, type MatrixName, type PackedModel, type PackedTensor } from './packed-model.js';
import { unpackTensor } from './unpack-tensor.js';

/**
 * A packed model in other formats. A matrix that is in its format already is kept to the byte, scales included; any other
 * is packed anew from the values that it has now, which are not those that it once was packed from.
 * @throws ConfigError `weight-overflow`, `tied-head-format` as `packModel` does
 */
export function repackModel(model: PackedModel, formats: FormatChoice): PackedModel {
  const chosen = chosenFormats(model.config, formats);
  const tensors = {} as Record<MatrixName, PackedTensor>;
  for (const name of MATRIX_NAMES) {
    const tied = name === 'lm_head' && model.config.tiedHead;
    const tensor = model.tensors[name];
    if (tied) tensors[name] = tensors.embed_tokens;
    else if (tensor.format === chosen[name]) tensors[name] = tensor;
    else tensors[name] = packTensor(unpackTensor(tensor), chosen[name], shapeOf(tensor), name);
  }
  return { ...model, tensors, weightFormat: commonFormat(tensors) };
}

function shapeOf({ layers, rows, cols }: PackedTensor) {
  return { layers, rows, cols };
}
