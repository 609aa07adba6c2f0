import type { LlamaConfig } from '../../model/checkpoint.js';
import { type FloatFormat, narrowFloats, widenFloats } from '../../model/float-formats.js';
import { matrixShape } from '../../model/pack-model.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { Floats } from '../../model/training/matmul.js';
import type { Grid } from '../quantized-tensor.js';
import { codeOf, decode, type FitOptions, fitValues } from '../quantizers/fit.js';
import { type MatrixShape, spans } from '../quantizers/quantize-tensor.js';
import type { Recipe } from '../recipe.js';
import { planTensors } from '../tensor-plan.js';

/** The quantizer in the forward pass. */
export interface Rounding {
  /** Everything that decides the values: what equal ids round is equal. */
  readonly id: string;
  /** Writes what latent weights round to, (layers, rows, cols) of `name`, into `out`, another array. */
  round(name: MatrixName, latent: Floats, out: Floats): void;
}

/**
 * Rounds to exactly the values of the build that `quantizeCheckpoint` makes of the same weights, so that what is trained is what is packed.
 * Scales are fitted anew each time: 8 to 2 bits by the `clip` search, 1.58 bits with the recipe's threshold or else least squares, 1 bit the
 * mean magnitude.
 */
export function recipeRounding(config: LlamaConfig, recipe: Recipe): Rounding {
  const plans = planTensors(recipe, config);
  const fit: FitOptions = { search: 'clip', threshold: recipe.threshold };
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
      const plan = plans[name];
      if ('format' in plan) roundFloats(latent, out, plan.format, name);
      else roundToGrid(latent, out, matrixShape(config, name), plan.grid, fit);
    },
  };
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
