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
