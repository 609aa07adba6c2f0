import { matchOf } from './filters.js';
import type { VariableSpec } from './panel.js';

/**
 * No All and no default: Grafana takes the first value there is, in alphabetical order, so `hardware` where there is any and `modelled` on a rack
 * of virtual boards.
 */
export const CLOCK: VariableSpec = {
  name: 'clock',
  label: 'Clock',
  description: 'Times that boards measured, or that the cost table modelled: never both at once',
  query: 'SHOW TAG VALUES FROM "run" WITH KEY = "clock"',
  multi: false,
};

export const SUITE = choice('suite', 'Suite', 'Nightly runs, runs from a desk (adhoc), or another suite', []);
export const MODEL = choice('model', 'Model', 'The model that ran', ['suite']);
export const SCENARIO = choice('scenario', 'Scenario', 'Title of the scenario', ['suite', 'model']);
export const FORMAT = choice('format', 'Format', 'Weight format on the card', ['suite', 'model']);
export const STRATEGY = choice('strategy', 'Strategy', 'How the weights come to the core', [
  'suite',
  'model',
]);
export const BOARD = choice('board', 'Board', 'Boards of the rack', ['suite']);

/** As `variable`, one value at a time: for panels that would mix what cannot be compared. */
export function single(variable: VariableSpec): VariableSpec {
  return { ...variable, multi: false };
}

/** Offers what occurs with the choices to its left, so that no combination of choices comes out empty by the names alone. */
function choice(
  name: string,
  label: string,
  description: string,
  narrowedBy: readonly string[],
): VariableSpec {
  const where = [`"clock" = '$clock'`, ...narrowedBy.map(matchOf)].join(' AND ');
  return {
    name,
    label,
    description,
    query: `SHOW TAG VALUES FROM "run" WITH KEY = "${name}" WHERE ${where}`,
    multi: true,
  };
}
