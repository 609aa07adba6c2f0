import type { Recipe } from './recipe.js';

/** Options that only some recipes use, by their keys in a recipe file. */
export const SPECIAL_OPTIONS = ['threshold', 'act_order', 'damping', 'steps'] as const;
export type SpecialOption = (typeof SPECIAL_OPTIONS)[number];

/** Whom each option is for, in words. */
export const OPTION_IS_FOR: Readonly<Record<SpecialOption, string>> = {
  threshold: '1.58 bits',
  act_order: 'gptq',
  damping: 'gptq',
  steps: 'qat',
};

/** Whether an option decides anything in a build by this method, with these bits and exceptions. */
export function usesOption(
  option: SpecialOption,
  { method, bits, exceptions }: Pick<Recipe, 'method' | 'bits' | 'exceptions'>,
): boolean {
  if (option !== 'threshold') return method === OPTION_IS_FOR[option];
  const others = Object.values(exceptions).map((what) => (typeof what === 'string' ? undefined : what.bits));
  return [bits, ...others].includes(1.58);
}

/** What says which text, or how much of one, builds are made with. */
export const TEXT_OPTIONS = ['samples', 'length', 'calibration', 'training'] as const;
export type TextOption = (typeof TEXT_OPTIONS)[number];

/** Who looks at it: qat keeps what it trains on apart from the calibration text, of which it needs all. */
const READERS: Readonly<Record<TextOption, readonly Recipe['method'][]>> = {
  samples: ['gptq', 'awq'],
  length: ['gptq', 'awq'],
  calibration: ['gptq', 'awq', 'qat'],
  training: ['qat'],
};

/** The same in words. */
export function readersOf(option: TextOption): string {
  return READERS[option].join(', ').replace(/, (?=\w+$)/, ' and ');
}

/** Whether a text option decides anything in a build by this method. */
export function usesText(option: TextOption, { method }: Pick<Recipe, 'method'>): boolean {
  return READERS[option].includes(method);
}
