import type { FloatFormat } from '../../model/float-formats.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { Grid } from '../quantized-tensor.js';
import { defaultGroup } from '../quantizers/grid.js';
import type { Recipe } from '../recipe.js';

/** What a recipe makes of a matrix: a grid, or a float format where it is left out. */
export function treatmentOf(recipe: Recipe, name: MatrixName): Grid | FloatFormat {
  const exception = Object.entries(recipe.exceptions).find(([pattern]) => fits(pattern, name))?.[1];
  if (typeof exception === 'string') return exception;
  const { bits, group, zero_point } = exception ?? recipe;
  return { bits, group: group ?? defaultGroup(bits, recipe.method), zeroPoint: zero_point ?? false };
}

/** `*` stands for any characters, none too; the rest is literal, and all of the name must fit. */
function fits(pattern: string, name: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`).test(name);
}
