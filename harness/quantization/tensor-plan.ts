import { ConfigError } from '../errors.js';
import type { LlamaConfig } from '../model/checkpoint.js';
import type { FloatFormat } from '../model/float-formats.js';
import { MATRIX_NAMES, type MatrixName } from '../model/packed-model.js';
import type { Grid } from './quantized-tensor.js';
import { defaultGroup } from './quantizers/grid.js';
import type { Recipe } from './recipe.js';

/** What becomes of one matrix. */
export type TensorPlan = { readonly format: FloatFormat } | { readonly grid: Grid };

/**
 * What a recipe makes of every matrix; a tied head is the embedding.
 * @throws ConfigError `recipe-pattern` for an exception that fits no matrix, `recipe-zero-point` for 1.58 and 1 bits with one
 */
export function planTensors(recipe: Recipe, config: LlamaConfig): Record<MatrixName, TensorPlan> {
  const patterns = Object.entries(recipe.exceptions).map(([pattern, exception]) => ({
    pattern,
    fits: matcher(pattern),
    plan: planOf(recipe, exception),
  }));
  const useless = patterns.find(({ fits }) => !MATRIX_NAMES.some(fits));
  if (useless !== undefined) {
    const message = `no matrix is called ${useless.pattern}; there are ${MATRIX_NAMES.join(', ')}`;
    throw new ConfigError('recipe-pattern', message, { pattern: useless.pattern });
  }
  const standard = planOf(recipe, {});
  const plans = {} as Record<MatrixName, TensorPlan>;
  for (const name of MATRIX_NAMES) {
    const asked = name === 'lm_head' && config.tiedHead ? 'embed_tokens' : name;
    plans[name] = patterns.find(({ fits }) => fits(asked))?.plan ?? standard;
  }
  return plans;
}

type Exception = Recipe['exceptions'][string] | { readonly bits?: undefined };

function planOf(recipe: Recipe, exception: Exception): TensorPlan {
  if (typeof exception === 'string') return { format: exception };
  const own = exception.bits === undefined ? undefined : exception;
  const bits = own?.bits ?? recipe.bits;
  const group = own === undefined ? recipe.group : own.group;
  const zeroPoint = own?.zero_point ?? recipe.zero_point;
  if (zeroPoint && bits < 2)
    throw new ConfigError('recipe-zero-point', `${bits} bits have no zero point: their codes are fixed`);
  return { grid: { bits, group: group ?? defaultGroup(bits, recipe.method), zeroPoint } };
}

function matcher(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`);
  return (name) => expression.test(name);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
