import type { QuantizedTensor } from '../quantized-tensor.js';
import { codeOf, type Fit, type FitOptions, fitValues } from '../quantizers/fit.js';
import { scaleIndex } from '../quantizers/grid.js';
import { putFit, spans } from '../quantizers/quantize-tensor.js';
import { fallingDiagonal, inverseFactor } from './inverse-factor.js';

export interface GptqOptions {
  /** Share of the mean of the gram's diagonal that is added to it. */
  readonly damping: number;
  /** Columns in falling order of the diagonal instead of as they stand; scales are then found beforehand. */
  readonly actOrder: boolean;
  readonly fit: FitOptions;
}

/**
 * GPTQ (Frantar et al. 2022, arXiv 2210.17323): rounds one layer's matrix column by column; what a column's rounding does to the outputs on the
 * calibration text is made up for, as well as it can be, by the columns that are not yet rounded.
 *
 * @param weights (rows, cols); not changed
 * @param gram (cols, cols), symmetric: sum of x x^T; its upper triangle is read
 * @param into receives codes, scales and zero points of `layer`
 */
export function gptq(
  weights: Float32Array,
  gram: Float64Array,
  into: QuantizedTensor,
  layer: number,
  options: GptqOptions,
): void {
  const { rows, cols } = into;
  const order = options.actOrder
    ? fallingDiagonal(gram, cols)
    : Array.from({ length: cols }, (_, column) => column);
  const factor = inverseFactor(gram, order, options.damping);
  const ordered = { order, factor };
  const fits = fitsBeforehand(weights, into, options);
  const late = !options.actOrder && typeof into.grid.group === 'number';
  for (let row = 0; row < rows; row++) {
    const left = Float64Array.from(weights.subarray(row * cols, (row + 1) * cols));
    roundRow(left, row, ordered, fits, late ? options.fit : undefined, into, layer);
  }
  const scales = fits.length;
  for (const [index, fit] of fits.entries()) putFit(into, layer * scales + index, fit);
}

interface Ordered {
  readonly order: readonly number[];
  /** (cols, cols), of `inverseFactor`. */
  readonly factor: Float64Array;
}

/** A fit for each scale of a layer. */
function fitsBeforehand(
  weights: Float32Array,
  { rows, cols, grid }: QuantizedTensor,
  { fit }: GptqOptions,
): Fit[] {
  const shape = { layers: 1, rows, cols };
  return [...spans(shape, grid)].map(({ from, to }) => fitValues(weights.subarray(from, to), grid, fit));
}

/** Rows do not touch one another: each is rounded by itself. `left` (cols) is what is left of it, and is used up. */
function roundRow(
  left: Float64Array,
  row: number,
  { order, factor }: Ordered,
  fits: Fit[],
  refit: FitOptions | undefined,
  { grid, rows, cols, codes }: QuantizedTensor,
  layer: number,
): void {
  const base = (layer * rows + row) * cols;
  for (let at = 0; at < cols; at++) {
    const column = order[at]!;
    const scale = scaleIndex(grid.group, row, column, cols);
    if (refit !== undefined && column % (grid.group as number) === 0)
      fits[scale] = fitValues(left.subarray(column, column + (grid.group as number)), grid, refit);
    const fit = fits[scale]!;
    const code = codeOf(left[column]!, fit, grid);
    codes[base + column] = code;
    const error = (left[column]! - (code - fit.zero) * fit.scale) / factor[at * cols + at]!;
    if (error === 0) continue;
    for (let later = at + 1; later < cols; later++)
      left[order[later]!]! -= error * factor[at * cols + later]!;
  }
}
