import { requireFinite } from '../../model/finite-weights.js';
import type { Grid, QuantizedTensor } from '../quantized-tensor.js';
import { codeOf, decode, type Fit, type FitOptions, fitValues } from './fit.js';
import { scaleCount } from './grid.js';

/** Layers of (rows, cols). */
export interface MatrixShape {
  readonly layers: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * Rounds a matrix to a grid, each weight to the nearest value of the scale that it shares.
 * @param values (layers, rows, cols)
 * @param what the tensor's name, for the message
 * @throws ConfigError `weight-not-finite`, naming the tensor and the index
 */
export function quantizeTensor(
  values: Float32Array,
  shape: MatrixShape,
  grid: Grid,
  options: FitOptions,
  what: string,
): QuantizedTensor {
  requireFinite(values, what, what);
  const tensor = emptyTensor(shape, grid);
  let scale = 0;
  for (const { from, to } of spans(shape, grid)) {
    const some = values.subarray(from, to);
    const fit = fitValues(some, grid, options);
    putFit(tensor, scale++, fit);
    for (let i = 0; i < some.length; i++) tensor.codes[from + i] = codeOf(some[i]!, fit, grid);
  }
  return tensor;
}

/** All codes and scales 0. */
export function emptyTensor({ layers, rows, cols }: MatrixShape, grid: Grid): QuantizedTensor {
  const weights = layers * rows * cols;
  const scales = layers * scaleCount(grid.group, rows, cols);
  return {
    grid,
    layers,
    rows,
    cols,
    codes: grid.zeroPoint ? new Uint8Array(weights) : new Int8Array(weights),
    scales: new Float32Array(scales),
    ...(grid.zeroPoint ? { zeros: new Uint8Array(scales) } : {}),
  };
}

export function putFit(tensor: QuantizedTensor, index: number, { scale, zero }: Fit): void {
  tensor.scales[index] = scale;
  if (tensor.zeros !== undefined) tensor.zeros[index] = zero;
}

/** The values of the codes, (layers, rows, cols); binary32, one rounding each, as the board's embedding has them. */
export function dequantizeTensor(tensor: QuantizedTensor): Float32Array {
  const values = new Float32Array(tensor.codes.length);
  let index = 0;
  for (const { from, to } of spans(tensor, tensor.grid)) {
    const fit = { scale: tensor.scales[index]!, zero: tensor.zeros?.[index] ?? 0 };
    index++;
    for (let i = from; i < to; i++) values[i] = decode(tensor.codes[i]!, fit);
  }
  return values;
}

/** The ranges of weights that share a scale, in the order of the scales. */
export function* spans(
  { layers, rows, cols }: MatrixShape,
  { group }: Pick<Grid, 'group'>,
): Generator<{ readonly from: number; readonly to: number }> {
  const size = group === 'tensor' ? rows * cols : group === 'row' ? cols : group;
  const unit = group === 'tensor' ? rows * cols : cols;
  for (let start = 0; start < layers * rows * cols; start += unit) {
    for (let from = start; from < start + unit; from += size) {
      yield { from, to: Math.min(from + size, start + unit) };
    }
  }
}
