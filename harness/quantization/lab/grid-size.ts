import { storedMatrices } from '../../model/card-config.js';
import { elementCount, type LlamaConfig, tensorShape } from '../../model/checkpoint.js';
import { FLOAT_BYTES } from '../../model/float-formats.js';
import { NORM_NAMES, type PackedModel } from '../../model/packed-model.js';
import type { WeightFormat } from '../../model/weight-format.js';
import type { QuantizedModel } from '../quantized-model.js';
import type { FloatTensor, QuantizedTensor } from '../quantized-tensor.js';
import { bitsPerWeight } from '../quantizers/tensor-error.js';

/** Bits a weight, scales and zero points included, without padding. */
export function tensorBits(tensor: QuantizedTensor | FloatTensor): number {
  return 'values' in tensor ? 8 * FLOAT_BYTES[tensor.format] : bitsPerWeight(tensor);
}

/** All weights in the grids' own bits, norms in float32: what a build takes that no card holds. */
export function gridBytes({ source, tensors }: Pick<QuantizedModel, 'source' | 'tensors'>): number {
  const matrices = storedMatrices(source.config).reduce((sum, name) => {
    const tensor = tensors[name];
    return sum + (tensorBits(tensor) * tensor.layers * tensor.rows * tensor.cols) / 8;
  }, 0);
  return Math.ceil(matrices) + normBytes(source.config);
}

/** A card's `.bin` files. */
export function cardBytes({ config, tensors }: PackedModel): number {
  const matrices = storedMatrices(config).reduce((sum, name) => sum + tensors[name].bytes.length, 0);
  return matrices + normBytes(config);
}

/** Nominal bits of the widest matrix; floats' own width. */
export function widestBits({ tensors }: Pick<QuantizedModel, 'tensors'>): number {
  const widths = Object.values(tensors).map((one) =>
    'values' in one ? 8 * FLOAT_BYTES[one.format] : one.grid.bits,
  );
  return Math.max(...widths);
}

/** The same of a card. */
export function widestCardBits({ tensors }: PackedModel): number {
  return Math.max(...Object.values(tensors).map(({ format }) => CARD_BITS[format]));
}

const CARD_BITS: Readonly<Record<WeightFormat, number>> = {
  float32: 32,
  float16: 16,
  bfloat16: 16,
  int8: 8,
  int8_row: 8,
  int4: 4,
  int2: 2,
  ternary: 1.58,
  ternary_2bit: 2,
  binary: 1,
};

function normBytes(config: LlamaConfig): number {
  return NORM_NAMES.reduce((sum, name) => sum + 4 * elementCount(tensorShape(config, name)), 0);
}
