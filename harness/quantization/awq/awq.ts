import type { Checkpoint, TensorName } from '../../model/checkpoint.js';
import type { MatrixName } from '../../model/packed-model.js';
import { type Calibration, SITES, type Site, type SiteStatistics } from '../quantized-model.js';
import type { Grid } from '../quantized-tensor.js';
import type { FitOptions } from '../quantizers/fit.js';
import { dequantizeTensor, quantizeTensor } from '../quantizers/quantize-tensor.js';
import { foldScale, layerOf, READERS, sharedOverHeads } from './fold-scale.js';

export interface AwqOptions {
  /** How a matrix will be rounded; undefined: it stays in floats. */
  readonly gridOf: (name: MatrixName) => Grid | undefined;
  readonly fit: FitOptions;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was chosen for a site. Errors: sum over the text's positions and the outputs, squared, of what rounding does to them. */
export interface AwqChoice {
  readonly site: Site;
  readonly layer: number;
  /** 0: nothing was scaled. */
  readonly alpha: number;
  readonly error: number;
  readonly plainError: number;
}

const ALPHAS = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

/** Rows that are looked at while alpha is searched; the choice is then held against plain rounding over all rows. */
const SEARCHED_ROWS = 512;

/**
 * Activation-aware scaling (Lin et al. 2023, arXiv 2306.00978): columns that meet large activations are made larger before rounding, and what makes these
 * activations smaller. Returns a model with the same function in float32 whose matrices round better.
 */
export function awq(
  checkpoint: Checkpoint,
  calibration: Calibration,
  options: AwqOptions,
): { readonly checkpoint: Checkpoint; readonly choices: readonly AwqChoice[] } {
  const folded = copyOf(checkpoint);
  const choices: AwqChoice[] = [];
  const places = SITES.flatMap((site) => calibration.sites[site].map((_, layer) => ({ site, layer })));
  for (const { site, layer } of places) {
    if (site === 'head' && checkpoint.config.tiedHead) continue;
    const choice = chooseScales(folded, calibration.sites[site][layer]!, { site, layer }, options);
    if (choice.scales !== undefined) foldScale(folded, site, layer, choice.scales);
    const { alpha, error, plainError } = choice;
    choices.push({ site, layer, alpha, error, plainError });
    options.onProgress?.(choices.length, places.length);
  }
  return { checkpoint: folded, choices };
}

function copyOf(checkpoint: Checkpoint): Checkpoint {
  const tensors = {} as Record<TensorName, Float32Array>;
  for (const [name, values] of Object.entries(checkpoint.tensors) as [TensorName, Float32Array][]) {
    const tied = name === 'lm_head' && checkpoint.config.tiedHead && tensors.embed_tokens !== undefined;
    tensors[name] = tied ? tensors.embed_tokens : values.slice();
  }
  return { ...checkpoint, tensors };
}

interface Choice {
  readonly alpha: number;
  readonly error: number;
  readonly plainError: number;
  readonly scales?: Float64Array;
}

function chooseScales(
  checkpoint: Checkpoint,
  statistics: SiteStatistics,
  { site, layer }: { readonly site: Site; readonly layer: number },
  { gridOf, fit }: AwqOptions,
): Choice {
  const size = statistics.meanMagnitude.length;
  const magnitudes =
    site === 'attended'
      ? sharedOverHeads(checkpoint.config, statistics.meanMagnitude)
      : statistics.meanMagnitude;
  const readers = READERS[site].flatMap((name) => {
    const grid = gridOf(name);
    return grid === undefined ? [] : [{ grid, weights: layerOf(checkpoint, name, layer) }];
  });
  const errorOf = (scales: Float64Array | undefined, most: number): number =>
    readers.reduce(
      (sum, { grid, weights }) =>
        sum + outputError(sampled(weights, size, most), statistics.gram, grid, fit, scales),
      0,
    );
  const tried = ALPHAS.map((alpha) => ({ alpha, scales: scalesFor(magnitudes, alpha) }));
  let best: (typeof tried)[number] | undefined;
  let least = errorOf(undefined, SEARCHED_ROWS);
  for (const one of tried) {
    const error = errorOf(one.scales, SEARCHED_ROWS);
    if (error < least) {
      least = error;
      best = one;
    }
  }
  const plainError = errorOf(undefined, Number.POSITIVE_INFINITY);
  const error = best === undefined ? plainError : errorOf(best.scales, Number.POSITIVE_INFINITY);
  if (best === undefined || error >= plainError) return { alpha: 0, error: plainError, plainError };
  return { alpha: best.alpha, error, plainError, scales: best.scales };
}

/** (magnitude)^alpha, so that the largest and the smallest are each other's inverse; a vector that is always 0 is left alone. */
function scalesFor(magnitudes: Float64Array, alpha: number): Float64Array {
  const largest = magnitudes.reduce((most, one) => Math.max(most, one), 0);
  if (largest === 0) return magnitudes.map(() => 1);
  const raised = magnitudes.map((one) => Math.max(one / largest, 1e-4) ** alpha);
  const smallest = raised.reduce((least, one) => Math.min(least, one), 1);
  return raised.map((one) => one / Math.sqrt(smallest));
}

/** Every so many rows of a matrix, at most about `most` of them. */
function sampled(weights: Float32Array, cols: number, most: number): Float32Array {
  const rows = weights.length / cols;
  if (rows <= most) return weights;
  const step = Math.ceil(rows / most);
  const chosen = new Float32Array(Math.ceil(rows / step) * cols);
  for (let i = 0; i * step < rows; i++)
    chosen.set(weights.subarray(i * step * cols, (i * step + 1) * cols), i * cols);
  return chosen;
}

/** Sum over rows of d H d^T, d what rounding the scaled row does to the row, H the gram (cols, cols). */
function outputError(
  weights: Float32Array,
  gram: Float64Array,
  grid: Grid,
  fit: FitOptions,
  scales?: Float64Array,
): number {
  const cols = Math.sqrt(gram.length);
  const rows = weights.length / cols;
  const scaled = scales === undefined ? weights : weights.map((weight, i) => weight * scales[i % cols]!);
  const rounded = dequantizeTensor(quantizeTensor(scaled, { layers: 1, rows, cols }, grid, fit, 'matrix'));
  let total = 0;
  const d = new Float64Array(cols);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < cols; i++) {
      const back = scales === undefined ? 1 : scales[i]!;
      d[i] = (rounded[row * cols + i]! - scaled[row * cols + i]!) / back;
    }
    total += quadraticForm(d, gram);
  }
  return total;
}

function quadraticForm(d: Float64Array, gram: Float64Array): number {
  const size = d.length;
  let total = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0.5 * gram[i * size + i]! * d[i]!;
    for (let j = i + 1; j < size; j++) sum += gram[i * size + j]! * d[j]!;
    total += 2 * sum * d[i]!;
  }
  return total;
}
