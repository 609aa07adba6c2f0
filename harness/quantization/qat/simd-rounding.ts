import type { LlamaConfig } from '../../model/checkpoint.js';
import { matrixShape } from '../../model/pack-model.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import type { Floats } from '../../model/training/matmul.js';
import { compileTraining } from '../../reference/fast/compile-forward.js';
import type { Grid } from '../quantized-tensor.js';
import type { MatrixShape } from '../quantizers/quantize-tensor.js';
import type { Recipe } from '../recipe.js';
import { planTensors, type TensorPlan } from '../tensor-plan.js';
import { type Rounding, recipeRounding } from './rounding.js';

/** What round.c exports. */
interface RoundExports {
  readonly memory: WebAssembly.Memory;
  /** 0 when there is no more. */
  alloc(bytes: number): number;
  round_matrix(out: number, values: number, length: number, unit: number, size: number, bits: number): void;
}

/**
 * `recipeRounding` to the bit, many times as fast for 2 to 8 bits without a zero point, whose scales are searched for; the rest is left to it.
 * @throws ConfigError `compile-failed`
 */
export async function simdRounding(config: LlamaConfig, recipe: Recipe): Promise<Rounding> {
  const plain = recipeRounding(config, recipe);
  const plans = planTensors(recipe, config);
  if (!MATRIX_NAMES.some((name) => isSearched(plans[name]))) return plain;
  const lengths = MATRIX_NAMES.map((name) => {
    const { layers, rows, cols } = matrixShape(config, name);
    return layers * rows * cols;
  });
  const module = new WebAssembly.Instance(new WebAssembly.Module(await compileTraining()));
  const wasm = module.exports as unknown as RoundExports;
  const bytes = 4 * Math.max(...lengths);
  const values = wasm.alloc(2 * bytes);
  return {
    id: plain.id,
    round(name, latent, out) {
      const plan = plans[name];
      if (values === 0 || !isSearched(plan)) plain.round(name, latent, out);
      else searched(latent, out, matrixShape(config, name), plan.grid);
    },
  };

  function searched(latent: Floats, out: Floats, { rows, cols }: MatrixShape, { group, bits }: Grid): void {
    const { buffer } = wasm.memory;
    new Float32Array(buffer, values, latent.length).set(latent);
    const unit = group === 'tensor' ? rows * cols : cols;
    const size = typeof group === 'number' ? group : unit;
    wasm.round_matrix(values + bytes, values, latent.length, unit, size, bits);
    out.set(new Float32Array(buffer, values + bytes, latent.length));
  }
}

function isSearched(plan: TensorPlan): plan is { readonly grid: Grid } {
  return 'grid' in plan && plan.grid.bits >= 2 && !plan.grid.zeroPoint;
}
