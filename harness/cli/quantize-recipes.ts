import { readYamlFile } from '../config/yaml-file.js';
import { ConfigError } from '../errors.js';
import { BITS } from '../quantization/quantized-tensor.js';
import { type Recipe, recipeSchema } from '../quantization/recipe.js';
import {
  OPTION_IS_FOR,
  readersOf,
  SPECIAL_OPTIONS,
  type SpecialOption,
  TEXT_OPTIONS,
  type TextOption,
  usesOption,
  usesText,
} from '../quantization/recipe-options.js';
import { type BudgetFlags, hasBudget } from './quantize-budget.js';

export interface RecipeFlags extends BudgetFlags {
  readonly method?: string;
  readonly bits?: string;
  readonly group?: string;
  readonly zeroPoint?: boolean;
  readonly threshold?: string;
  readonly actOrder?: boolean;
  readonly damping?: string;
  readonly steps?: number;
  readonly keep?: readonly string[];
  readonly recipe?: readonly string[];
  readonly samples?: number;
  readonly length?: number;
  readonly calibration?: string;
  readonly training?: string;
  /** The ladder climbs from any method to qat, which then trains `steps`. */
  readonly ladder?: boolean;
}

/**
 * The recipes of a command: its files', or every method with every number of bits, each with those of the options that it uses.
 * @throws ConfigError `recipe-flags` naming the option, be it that no recipe uses it, or that of a file
 */
export async function recipesOf(flags: RecipeFlags): Promise<Recipe[]> {
  const recipes = flags.recipe === undefined ? grid(flags) : await fromFiles(flags.recipe, flags);
  refuseUselessText(recipes, flags);
  return recipes;
}

async function fromFiles(files: readonly string[], flags: RecipeFlags): Promise<Recipe[]> {
  const strays = RECIPE_KEYS.filter((key) => flags[key] !== undefined);
  if (strays.length > 0) {
    const message = `--recipe says it all: leave out ${strays.map(optionName).join(', ')}, or write them into the file`;
    throw new ConfigError('recipe-flags', message);
  }
  const recipes: Recipe[] = [];
  for (const file of files) {
    const recipe = await readYamlFile(file, recipeSchema);
    refuseUselessKey(file, recipe, flags);
    recipes.push(withSamples(recipe, flags));
  }
  return recipes;
}

/** A key that says what the schema would say without it changes nothing. */
function refuseUselessKey(file: string, recipe: Recipe, flags: RecipeFlags): void {
  const plain = recipeSchema.parse({ method: recipe.method, bits: recipe.bits });
  const useless = SPECIAL_OPTIONS.find((key) => recipe[key] !== plain[key] && !uses(key, recipe, flags));
  if (useless === undefined) return;
  const what = useless === 'threshold' ? `${recipe.bits} bits` : recipe.method;
  const message = `${file}: ${useless} is for ${OPTION_IS_FOR[useless]}, ${what} would not use it: leave it out`;
  throw new ConfigError('recipe-flags', message, { path: file });
}

const RECIPE_KEYS = [
  'method',
  'bits',
  'group',
  'zeroPoint',
  'threshold',
  'actOrder',
  'damping',
  'steps',
  'keep',
] as const;

function grid(flags: RecipeFlags): Recipe[] {
  const methods = list(flags.method ?? 'gptq');
  const bits = list(flags.bits ?? '4').map((one) => numberOf('bits', one));
  const shared = {
    ...(flags.group === undefined ? {} : { group: groupOf(flags.group) }),
    ...(flags.zeroPoint === true ? { zero_point: true } : {}),
    ...(flags.keep === undefined ? {} : { exceptions: Object.fromEntries(flags.keep.map(exceptionOf)) }),
  };
  const special = specialOf(flags);
  const plain = bits.flatMap((one) => methods.map((method) => ({ method, bits: one, ...shared })));
  const recipes = plain.map(checked);
  for (const key of special.keys()) {
    if (recipes.some((recipe) => uses(key, recipe, flags))) continue;
    throw noUser(KEYS_OF[key] ?? key, OPTION_IS_FOR[key]);
  }
  return recipes.map((recipe, index) => {
    const used = [...special].filter(([key]) => uses(key, recipe, flags));
    return withSamples(checked({ ...plain[index]!, ...Object.fromEntries(used) }), flags);
  });
}

/** Of the options that only some recipes use, those that were given. */
function specialOf(flags: RecipeFlags): Map<SpecialOption, unknown> {
  const special = new Map<SpecialOption, unknown>();
  if (flags.threshold !== undefined) special.set('threshold', numberOf('threshold', flags.threshold));
  if (flags.damping !== undefined) special.set('damping', numberOf('damping', flags.damping));
  if (flags.actOrder === true) special.set('act_order', true);
  if (flags.steps !== undefined) special.set('steps', flags.steps);
  return special;
}

function uses(key: SpecialOption, recipe: Recipe, { ladder }: RecipeFlags): boolean {
  return usesOption(key, recipe) || (key === 'steps' && ladder === true);
}

function noUser(key: string, user: string): ConfigError {
  const message = `${optionName(key)} is for ${user}: no build that was asked for would use it, leave it out`;
  return new ConfigError('recipe-flags', message);
}

function refuseUselessText(recipes: readonly Recipe[], flags: RecipeFlags): void {
  const useless = TEXT_OPTIONS.find((key) => flags[key] !== undefined && !isRead(key, recipes, flags));
  if (useless !== undefined) throw noUser(useless, readersOf(useless));
}

/** Prices of a budget rest on calibration text too, whatever the method. */
function isRead(key: TextOption, recipes: readonly Recipe[], flags: RecipeFlags): boolean {
  const climbed = flags.ladder === true ? [...recipes, { method: 'qat' as const }] : recipes;
  return (hasBudget(flags) && key !== 'training') || climbed.some((recipe) => usesText(key, recipe));
}

function checked(input: Record<string, unknown>): Recipe {
  const parsed = recipeSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const key = String(path[0] ?? 'method');
  const given = JSON.stringify(input[key]);
  throw new ConfigError('recipe-flags', `${optionName(KEYS_OF[key] ?? key)}: ${given}: ${message}`);
}

/** `Number` makes 0 of nothing, and no JSON of what is none. */
function numberOf(option: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new ConfigError('recipe-flags', `--${option}: ${JSON.stringify(text)} is no number`);
}

/** Recipe keys whose option is called otherwise. */
const KEYS_OF: Readonly<Record<string, string>> = { exceptions: 'keep', act_order: 'actOrder' };

/** How much text is looked at: for the methods that look at some. */
function withSamples(recipe: Recipe, { samples, length }: RecipeFlags): Recipe {
  if (samples === undefined && length === undefined) return recipe;
  const given = {
    ...recipe.calibration,
    ...(samples === undefined ? {} : { samples }),
    ...(length === undefined ? {} : { length }),
  };
  return recipeSchema.parse({ ...recipe, calibration: given });
}

function list(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}

function groupOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** `PATTERN=FORMAT` or `PATTERN=BITS`. @throws ConfigError `recipe-flags` */
function exceptionOf(text: string): [string, unknown] {
  const match = /^([^=]+)=(.+)$/.exec(text);
  if (match === null)
    throw new ConfigError(
      'recipe-flags',
      `--keep ${text}: PATTERN=FORMAT or PATTERN=BITS is needed, such as lm_head=8`,
    );
  const [, pattern, what] = match;
  const value = /^[\d.]+$/.test(what!) ? { bits: Number(what) } : what;
  if (recipeSchema.shape.exceptions.safeParse({ [pattern!]: value }).success) return [pattern!, value];
  const message = `--keep ${text}: ${what} is neither a float format (float32, float16, bfloat16) nor bits (${BITS.join(', ')})`;
  throw new ConfigError('recipe-flags', message);
}

function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
