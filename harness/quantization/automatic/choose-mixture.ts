import { ConfigError } from '../../errors.js';
import { storedMatrices } from '../../model/card-config.js';
import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { Bits } from '../quantized-tensor.js';
import { cardFormatOf } from '../quantizers/pack-quantized.js';
import { type Recipe, recipeSchema } from '../recipe.js';
import { planTensors, type TensorPlan } from '../tensor-plan.js';
import { cheapestChoice } from './cheapest-choice.js';
import { type BudgetKind, budgetBytes, fixedBytes } from './mixture-size.js';
import { type Sensitivity, type SensitivityOptions, sensitivities } from './sensitivity.js';

export interface Budget {
  /** Most bytes of a card's weight files. */
  readonly bytes?: number;
  /** Most bytes of PSRAM in which all that a token multiplies is resident with `fast`, with the KV cache and the logits. */
  readonly psramBytes?: number;
}

export interface MixtureOptions extends Budget, Partial<Omit<SensitivityOptions, 'bits'>> {
  /** Default: 8, 4, 2, 1.58 and 1. */
  readonly bitsChoices?: readonly Bits[];
  /** Positions of the KV cache; default: 512, or the model's own when that is less. */
  readonly context?: number;
}

export interface Mixture {
  readonly recipe: Recipe;
  readonly bits: Readonly<Partial<Record<MatrixName, Bits>>>;
  /** Of the card's weight files. */
  readonly cardBytes: number;
  /** With all that a token multiplies resident. */
  readonly psramBytes: number;
  /** Sum of what each matrix costs alone: errors that add up, which they do about when they are small. */
  readonly predictedKl: number;
  readonly sensitivities: readonly Sensitivity[];
}

const CHOICES: readonly Bits[] = [8, 4, 2, 1.58, 1];

/**
 * The bits of every matrix with which a model keeps to a budget and loses least: each is rounded alone at each width, its KL divergence from float32 on
 * `documents` (ids; calibration text, never the test's) is its price, and of all mixtures the cheapest that fits is taken.
 * @throws ConfigError `budget-missing`, `budget-too-small` with the least that is possible, and those of `sensitivities`
 */
export async function chooseMixture(
  checkpoint: Checkpoint,
  documents: readonly (readonly number[])[],
  { bytes, psramBytes, bitsChoices = CHOICES, context, method, ...options }: MixtureOptions,
): Promise<Mixture> {
  requireOne({
    ...(bytes === undefined ? {} : { bytes }),
    ...(psramBytes === undefined ? {} : { psramBytes }),
  });
  const way = method ?? (options.calibration === undefined ? 'clip' : 'gptq');
  const budget =
    bytes === undefined
      ? { kind: 'psram' as const, most: psramBytes! }
      : { kind: 'card' as const, most: bytes };
  requirePossible(checkpoint.config, way, bitsChoices, { ...budget, context });
  const found = await sensitivities(checkpoint, documents, { ...options, method: way, bits: bitsChoices });
  const chosen = cheapestMixture(checkpoint.config, found, { ...budget, context });
  return {
    recipe: recipeOf(way, chosen),
    bits: Object.fromEntries(chosen.map(({ matrix, bits }) => [matrix, bits])),
    cardBytes: total('card', checkpoint.config, chosen, context),
    psramBytes: total('psram', checkpoint.config, chosen, context),
    predictedKl: chosen.reduce((sum, { klDivergence }) => sum + klDivergence, 0),
    sensitivities: found,
  };
}

function requireOne({ bytes, psramBytes }: Budget): void {
  if ((bytes === undefined) !== (psramBytes === undefined)) return;
  const message = 'a mixture is chosen under one budget: bytes on the card, or bytes of PSRAM';
  throw new ConfigError('budget-missing', message);
}

interface Limit {
  readonly kind: BudgetKind;
  readonly most: number;
  readonly context?: number | undefined;
}

/** Sizes are known before any price is: pricing takes a while. */
function requirePossible(
  config: LlamaConfig,
  method: Recipe['method'],
  widths: readonly Bits[],
  { kind, most, context }: Limit,
): void {
  const plans = widths.map((bits) => planTensors(recipeSchema.parse({ method, bits }), config));
  const least = storedMatrices(config).reduce(
    (sum, name) => sum + Math.min(...plans.map((plan) => plannedBytes(kind, config, name, plan[name]))),
    fixedBytes(kind, config, context),
  );
  if (least > most) throw tooSmall(kind, most, least);
}

/** Infinite for what no card holds. */
function plannedBytes(kind: BudgetKind, config: LlamaConfig, name: MatrixName, plan: TensorPlan): number {
  const card = 'format' in plan ? plan : cardFormatOf(plan.grid);
  return 'why' in card ? Number.POSITIVE_INFINITY : budgetBytes(kind, config, name, card.format);
}

function tooSmall(kind: BudgetKind, most: number, least: number): ConfigError {
  const where = kind === 'card' ? 'on the card' : 'of PSRAM';
  const message = `a budget of ${most} bytes ${where} is too small: the smallest mixture takes ${least}`;
  return new ConfigError('budget-too-small', message, { most, least });
}

/**
 * Of each matrix's sensitivities the one that belongs to the cheapest mixture under a budget.
 * @throws ConfigError `budget-too-small`
 */
export function cheapestMixture(
  config: LlamaConfig,
  all: readonly Sensitivity[],
  { kind, most, context }: Limit,
): Sensitivity[] {
  const fixed = fixedBytes(kind, config, context);
  const choices = storedMatrices(config).map((name) => all.filter(({ matrix }) => matrix === name));
  const items = choices.map((some) =>
    some.map(({ matrix, format, klDivergence }) => ({
      size: budgetBytes(kind, config, matrix, format),
      cost: Math.max(0, klDivergence),
    })),
  );
  const found = cheapestChoice(items, most - fixed);
  if (found !== undefined) return found.indices.map((at, index) => choices[index]![at]!);
  const least = items.reduce((sum, some) => sum + Math.min(...some.map(({ size }) => size)), fixed);
  throw tooSmall(kind, most, least);
}

function total(
  kind: BudgetKind,
  config: LlamaConfig,
  chosen: readonly Sensitivity[],
  context: number | undefined,
): number {
  return chosen.reduce(
    (sum, { matrix, format }) => sum + budgetBytes(kind, config, matrix, format),
    fixedBytes(kind, config, context),
  );
}

/** The width of most matrices is the recipe's, the others' are exceptions. */
function recipeOf(method: Recipe['method'], chosen: readonly Sensitivity[]): Recipe {
  const count = (bits: Bits) => chosen.filter((one) => one.bits === bits).length;
  const most = [...new Set(chosen.map(({ bits }) => bits))].toSorted(
    (a, b) => count(b) - count(a) || b - a,
  )[0]!;
  const others = chosen.filter(({ bits }) => bits !== most);
  return recipeSchema.parse({
    method,
    bits: most,
    exceptions: Object.fromEntries(others.map(({ matrix, bits }) => [matrix, { bits }])),
  });
}
