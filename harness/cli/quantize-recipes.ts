import { readYamlFile } from '../config/yaml-file.js';
import { ConfigError } from '../errors.js';
import { BITS } from '../quantization/quantized-tensor.js';
import { type Recipe, recipeSchema } from '../quantization/recipe.js';

export interface RecipeFlags {
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
}

/**
 * The recipes of a command: its files', or every method with every number of bits.
 * @throws ConfigError `recipe-flags` naming the option, or that of a file
 */
export async function recipesOf(flags: RecipeFlags): Promise<Recipe[]> {
  if (flags.recipe === undefined) return grid(flags);
  const { recipe: files, samples: _samples, length: _length, ...others } = flags;
  const strays = RECIPE_KEYS.filter((key) => others[key] !== undefined);
  if (strays.length > 0) {
    const message = `--recipe says it all: leave out ${strays.map(optionName).join(', ')}, or write them into the file`;
    throw new ConfigError('recipe-flags', message);
  }
  const recipes: Recipe[] = [];
  for (const file of files) recipes.push(withSamples(await readYamlFile(file, recipeSchema), flags));
  return recipes;
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
    ...(flags.threshold === undefined ? {} : { threshold: numberOf('threshold', flags.threshold) }),
    ...(flags.damping === undefined ? {} : { damping: numberOf('damping', flags.damping) }),
    ...(flags.keep === undefined ? {} : { exceptions: Object.fromEntries(flags.keep.map(exceptionOf)) }),
  };
  return bits.flatMap((one) =>
    methods.map((method) => {
      const order = flags.actOrder === true && method === 'gptq' ? { act_order: true } : {};
      const steps = flags.steps !== undefined && method === 'qat' ? { steps: flags.steps } : {};
      return withSamples(checked({ method, bits: one, ...shared, ...order, ...steps }), flags);
    }),
  );
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
const KEYS_OF: Readonly<Record<string, string>> = { exceptions: 'keep' };

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
