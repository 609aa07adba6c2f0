import { storedMatrices } from './card-config.js';
import { elementCount, type LlamaConfig, tensorShape } from './checkpoint.js';
import { matrixShape } from './pack-model.js';
import { type MatrixName, NORM_NAMES } from './packed-model.js';
import { rowBytes, type WeightFormat } from './weight-format.js';

/** Bytes of all `.bin` files of a card, norms included, with every matrix in one format or each in its own. */
export function weightBytes(
  config: LlamaConfig,
  formats: WeightFormat | Readonly<Record<MatrixName, WeightFormat>>,
): number {
  const norms = NORM_NAMES.reduce((sum, name) => sum + 4 * elementCount(tensorShape(config, name)), 0);
  return storedMatrices(config).reduce((sum, name) => {
    const { layers, rows, cols } = matrixShape(config, name);
    return sum + layers * rows * rowBytes(typeof formats === 'string' ? formats : formats[name], cols);
  }, norms);
}
