import { storedMatrices } from '../../model/card-config.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { MatrixName, PackedModel } from '../../model/packed-model.js';
import { unpackModel } from '../../model/unpack-model.js';
import { layerOf } from '../awq/fold-scale.js';
import { dequantizeModel } from '../quantize-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import type { FloatTensor, QuantizedTensor } from '../quantized-tensor.js';
import { codeEntropy, relativeError } from '../quantizers/tensor-error.js';
import type { ValidationReport } from '../validation-report.js';
import { tensorBits } from './grid-size.js';

export type TensorErrors = ValidationReport['tensors'];

/** Each layer's matrices of a build against those that it was made of. */
export function quantizedErrors(build: QuantizedModel, made: Checkpoint = build.source): TensorErrors {
  const values = dequantizeModel(build);
  return eachLayer(made, (name, layer) => {
    const tensor = build.tensors[name];
    return {
      relativeError: errorOf(made, values, name, layer),
      bitsPerWeight: tensorBits(tensor),
      ...(isCoded(tensor) ? { entropy: codeEntropy(layerCodes(tensor, layer)) } : {}),
    };
  });
}

/** The same of a card, of which only the values and the bytes are known. */
export function cardErrors(card: PackedModel, made: Checkpoint): TensorErrors {
  const values = unpackModel(card);
  return eachLayer(made, (name, layer) => {
    const { layers, rows, cols, bytes } = card.tensors[name];
    const bitsPerWeight = (8 * bytes.length) / (layers * rows * cols);
    return { relativeError: errorOf(made, values, name, layer), bitsPerWeight };
  });
}

type Figures = Omit<TensorErrors[number], 'tensor' | 'layer'>;

function eachLayer(
  { config }: Checkpoint,
  figures: (name: MatrixName, layer: number) => Figures,
): TensorErrors {
  return storedMatrices(config).flatMap((tensor) => {
    const layers = tensor === 'embed_tokens' || tensor === 'lm_head' ? 1 : config.layers;
    return Array.from({ length: layers }, (_, layer) => ({ tensor, layer, ...figures(tensor, layer) }));
  });
}

/** A matrix of zeros is kept exactly. */
function errorOf(made: Checkpoint, values: Checkpoint, name: MatrixName, layer: number): number {
  return relativeError(layerOf(made, name, layer), layerOf(values, name, layer)) ?? 0;
}

function isCoded(tensor: QuantizedTensor | FloatTensor): tensor is QuantizedTensor {
  return !('values' in tensor);
}

function layerCodes({ codes, layers }: QuantizedTensor, layer: number): Pick<QuantizedTensor, 'codes'> {
  const size = codes.length / layers;
  return { codes: codes.subarray(layer * size, (layer + 1) * size) };
}
