import { storedMatrices } from '../../model/card-config.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { MatrixName, PackedModel } from '../../model/packed-model.js';
import { unpackModel } from '../../model/unpack-model.js';
import { layerOf } from '../awq/fold-scale.js';
import type { QuantizedModel } from '../quantized-model.js';
import type { FloatTensor, QuantizedTensor } from '../quantized-tensor.js';
import { dequantizeTensor } from '../quantizers/quantize-tensor.js';
import { codeEntropy, relativeError } from '../quantizers/tensor-error.js';
import type { ValidationReport } from '../validation-report.js';
import { tensorBits } from './grid-size.js';

export type TensorErrors = ValidationReport['tensors'];

/** Each layer's matrices of a build against those that it was made of; one matrix at a time is there in float32. */
export function quantizedErrors(build: QuantizedModel, made: Checkpoint): TensorErrors {
  return eachMatrix(made, (name) => {
    const tensor = build.tensors[name];
    const values = isCoded(tensor) ? dequantizeTensor(tensor) : tensor.values;
    return (layer) => ({
      relativeError: errorOf(layerOf(made, name, layer), layerPart(values, tensor.layers, layer)),
      bitsPerWeight: tensorBits(tensor),
      ...(isCoded(tensor)
        ? { entropy: codeEntropy({ codes: layerPart(tensor.codes, tensor.layers, layer) }) }
        : {}),
    });
  });
}

/** The same of a card, of which only the values and the bytes are known. */
export function cardErrors(card: PackedModel, made: Checkpoint): TensorErrors {
  const values = unpackModel(card);
  return eachMatrix(made, (name) => (layer) => {
    const { layers, rows, cols, bytes } = card.tensors[name];
    const bitsPerWeight = (8 * bytes.length) / (layers * rows * cols);
    return {
      relativeError: errorOf(layerOf(made, name, layer), layerOf(values, name, layer)),
      bitsPerWeight,
    };
  });
}

type Figures = Omit<TensorErrors[number], 'tensor' | 'layer'>;

function eachMatrix(
  { config }: Checkpoint,
  figuresOf: (name: MatrixName) => (layer: number) => Figures,
): TensorErrors {
  return storedMatrices(config).flatMap((tensor) => {
    const layers = tensor === 'embed_tokens' || tensor === 'lm_head' ? 1 : config.layers;
    const figures = figuresOf(tensor);
    return Array.from({ length: layers }, (_, layer) => ({ tensor, layer, ...figures(layer) }));
  });
}

/** A matrix of zeros is kept exactly. */
function errorOf(made: Float32Array, found: Float32Array): number {
  return relativeError(made, found) ?? 0;
}

function isCoded(tensor: QuantizedTensor | FloatTensor): tensor is QuantizedTensor {
  return !('values' in tensor);
}

/** One layer's share of an array over all layers, as a view. */
function layerPart<T extends Float32Array | QuantizedTensor['codes']>(
  all: T,
  layers: number,
  layer: number,
): T {
  const size = all.length / layers;
  return all.subarray(layer * size, (layer + 1) * size) as T;
}
