import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { buildName, type Recipe } from '../recipe.js';
import { planTensors } from '../tensor-plan.js';
import type { ValidationReport } from '../validation-report.js';
import { Lab } from './lab.js';
import type { LabOptions } from './lab-options.js';
import { type QuantizeOptions, type QuantizeResult, quantizeModel } from './quantize.js';

export interface GridOptions extends LabOptions {
  /** Where builds are written and stay; absent: they are removed when all reports are made. */
  readonly outFolder?: string;
  /** After each build. */
  readonly onReport?: (report: ValidationReport) => void;
}

/** Every recipe on every model, each validated: by model, then in the order of the recipes. */
export async function runGrid(
  models: readonly string[],
  recipes: readonly Recipe[],
  { outFolder, onReport, ...options }: GridOptions = {},
): Promise<ValidationReport[]> {
  await using lab = await Lab.open(options);
  const folder = outFolder ?? (await mkdtemp(join(tmpdir(), 'tokenrack-grid-')));
  try {
    const results = await quantizeGrid(lab, models, recipes, folder, {
      onResult: ({ report }) => onReport?.(report!),
    });
    return results.map(({ report }) => report!);
  } finally {
    if (outFolder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The same with the folders, in a lab that is open already.
 * @throws ConfigError before the first build is made: `grid-names` when two builds have one name, when a recipe fits a model's matrices no way, and when a question of the task is none
 */
export async function quantizeGrid(
  lab: Lab,
  models: readonly string[],
  recipes: readonly Recipe[],
  outFolder: string,
  { onResult, ...options }: QuantizeOptions & { readonly onResult?: (result: QuantizeResult) => void } = {},
): Promise<QuantizeResult[]> {
  await requireBuildable(lab, models, recipes);
  const results: QuantizeResult[] = [];
  for (const model of models) {
    for (const recipe of recipes) {
      const result = await quantizeModel(lab, model, outFolder, recipe, options);
      onResult?.(result);
      results.push(result);
    }
  }
  return results;
}

/** Of two builds of one name the second would replace the first. */
async function requireBuildable(
  lab: Lab,
  models: readonly string[],
  recipes: readonly Recipe[],
): Promise<void> {
  const names = new Set<string>();
  for (const model of models) {
    const subject = await lab.subject(model);
    await lab.task(subject);
    const { checkpoint } = subject;
    for (const recipe of recipes) {
      planTensors(recipe, checkpoint.config);
      const name = buildName(checkpoint.name, recipe);
      if (names.has(name)) {
        const message = `two builds would be called ${name}: leave one out, or write them to different folders`;
        throw new ConfigError('grid-names', message, { name });
      }
      names.add(name);
    }
  }
}
