import { elementCount, type LlamaConfig, tensorShape } from '../../model/checkpoint.js';
import { type FloatFormat, narrowFloats, widenFloats } from '../../model/float-formats.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { Floats } from '../../model/training/matmul.js';
import type { Grid } from '../quantized-tensor.js';
import { codeOf, decode, type FitOptions, fitValues } from '../quantizers/fit.js';
import { type MatrixShape, spans } from '../quantizers/quantize-tensor.js';
import type { Recipe } from '../recipe.js';
import { treatmentOf } from './treatment.js';

/** The quantizer in the forward pass. */
export interface Rounding {
  /** Everything that decides the values: what equal ids round is equal. */
  readonly id: string;
  /** Writes what latent weights round to, (layers, rows, cols) of `name`, into `out`, another array. */
  round(name: MatrixName, latent: Floats, out: Floats): void;
}

/**
 * How `quantizeTensor` fits scales in training and in the build made from it, the same on purpose: what is trained is then what is packed.
 * Scales of 8 to 2 bits come from the `clip` search; 1.58 bits has the recipe's threshold, or else least squares; 1 bit the mean magnitude.
 */
export function trainedFit({ threshold }: Pick<Recipe, 'threshold'>): FitOptions {
  return { search: 'clip', threshold };
}

/**
 * Rounds to exactly the values of `dequantizeTensor(quantizeTensor(latent, shape, grid, trainedFit(recipe), name))`, or to the float format
 * where the recipe says so. Scales are fitted anew each time.
 */
export function recipeRounding(config: LlamaConfig, recipe: Recipe): Rounding {
  const fit = trainedFit(recipe);
  const { method, bits, group, zero_point, threshold, exceptions } = recipe;
  return {
    id: JSON.stringify({
      method,
      bits,
      group,
      zero_point,
      threshold,
      exceptions: Object.entries(exceptions),
    }),
    round(name, latent, out) {
      const treatment = treatmentOf(recipe, name);
      if (typeof treatment === 'string') roundFloats(latent, out, treatment, name);
      else roundToGrid(latent, out, matrixShape(config, name), treatment, fit);
    },
  };
}

/** Layers, rows and columns of a matrix. */
export function matrixShape(config: LlamaConfig, name: MatrixName): MatrixShape {
  const shape = tensorShape(config, name);
  const [rows, cols] = shape.slice(-2) as [number, number];
  return { layers: elementCount(shape) / (rows * cols), rows, cols };
}

function roundToGrid(latent: Floats, out: Floats, shape: MatrixShape, grid: Grid, options: FitOptions): void {
  for (const { from, to } of spans(shape, grid)) {
    const fit = fitValues(latent.subarray(from, to), grid, options);
    for (let i = from; i < to; i++) out[i] = decode(codeOf(latent[i]!, fit, grid), fit);
  }
}

function roundFloats(latent: Floats, out: Floats, format: FloatFormat, name: string): void {
  const values = Float32Array.from(latent);
  widenFloats(narrowFloats(values, format, name), format, values);
  out.set(values);
}
