import { ConfigError } from '../errors.js';
import { chooseMixture, type Mixture } from '../quantization/automatic/choose-mixture.js';
import type { Lab } from '../quantization/lab/lab.js';
import { calibrationOf } from '../quantization/lab/quantize.js';
import type { Recipe } from '../quantization/recipe.js';
import { limitPositions } from '../quantization/texts/model-texts.js';
import { parseQuantity } from '../results/quantity.js';
import { plainTable } from '../sinks/plain-table.js';

export interface BudgetFlags {
  /** Of the card's weight files, such as `4MB`. */
  readonly budget?: string;
  /** Of PSRAM with all that a token multiplies resident, such as `3MB`. */
  readonly psram?: string;
}

/** Positions of calibration text that every matrix is priced on at every width. */
const PRICED_POSITIONS = 400;

export function hasBudget({ budget, psram }: BudgetFlags): boolean {
  return budget !== undefined || psram !== undefined;
}

/**
 * The recipe of the mixture that keeps to a budget, found with the method and the calibration of `recipe`; its bits are not looked at.
 * @throws ConfigError `budget-method` for naive, awq and qat, whose matrices cannot be priced alone; `budget-flags` for a recipe with details; `bad-quantity`, and those of chooseMixture
 */
export async function mixtureFor(
  lab: Lab,
  modelPath: string,
  recipe: Recipe,
  { budget, psram }: BudgetFlags,
): Promise<Mixture> {
  const { method } = recipe;
  if (method !== 'nearest' && method !== 'clip' && method !== 'gptq') {
    const message = `--budget and --psram choose bits for nearest, clip and gptq: ${method} changes matrices together`;
    throw new ConfigError('budget-method', message);
  }
  refuseDetails(recipe);
  const subject = await lab.subject(modelPath);
  const request = calibrationOf(recipe);
  const seen = method === 'gptq' ? await lab.calibration(subject, request) : undefined;
  const { documents } = seen?.text ?? (await lab.calibrationText(subject, request));
  const mixture = await chooseMixture(subject.checkpoint, limitPositions(documents, PRICED_POSITIONS), {
    method,
    ...(seen === undefined ? {} : { calibration: seen.calibration }),
    threads: lab.threads,
    onProgress: (_, done, total) => lab.tell('pricing each matrix at each width', done, total),
    ...(budget === undefined ? {} : { bytes: parseQuantity(budget, 'bytes') }),
    ...(psram === undefined ? {} : { psramBytes: parseQuantity(psram, 'bytes') }),
    ...(lab.options.signal === undefined ? {} : { signal: lab.options.signal }),
  });
  const calibrated = recipe.calibration === undefined ? {} : { calibration: recipe.calibration };
  return { ...mixture, recipe: { ...mixture.recipe, ...calibrated } };
}

/** Prices are of each width's own default grid. */
function refuseDetails({ group, exceptions, zero_point, act_order, threshold }: Recipe): void {
  const plain = group === undefined && threshold === undefined && !zero_point && !act_order;
  if (plain && Object.keys(exceptions).length === 0) return;
  const message =
    '--budget and --psram choose all grids: leave out --group, --keep, --zero-point, --threshold and --act-order';
  throw new ConfigError('budget-flags', message);
}

/** What was chosen, and what each width of each matrix would have cost. */
export function describeMixture({
  bits,
  sensitivities,
  cardBytes,
  psramBytes,
  predictedKl,
}: Mixture): string {
  const widths = [...new Set(sensitivities.map((one) => one.bits))];
  const matrices = [...new Set(sensitivities.map(({ matrix }) => matrix))];
  const price = (matrix: string, width: number): string =>
    sensitivities.find((one) => one.matrix === matrix && one.bits === width)!.klDivergence.toPrecision(2);
  const table = plainTable(
    [
      { head: 'matrix' },
      { head: 'bits', align: 'right' },
      ...widths.map((width) => ({ head: `KL alone at ${width}`, align: 'right' as const })),
    ],
    matrices.map((matrix) => [matrix, String(bits[matrix]), ...widths.map((width) => price(matrix, width))]),
  );
  const sizes = `weight files ${cardBytes.toLocaleString('en-US')} bytes; PSRAM with all that a token multiplies, KV cache and logits ${psramBytes.toLocaleString('en-US')} bytes`;
  return `${table}\n${sizes}; KL expected ${predictedKl.toPrecision(3)} nats (sum of what each costs alone)\n`;
}
