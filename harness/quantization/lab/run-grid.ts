import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recipe } from '../recipe.js';
import type { ValidationReport } from '../validation-report.js';
import { Lab } from './lab.js';
import type { LabOptions } from './lab-options.js';
import { quantizeModel } from './quantize.js';

export interface GridOptions extends LabOptions {
  /** Where builds are written and stay; absent: they are removed when their report is made. */
  readonly outFolder?: string;
  /** After each build. */
  readonly onReport?: (report: ValidationReport) => void;
}

/** Every recipe on every model, each validated: by model, then in the order of the recipes. */
export async function runGrid(
  models: readonly string[],
  recipes: readonly Recipe[],
  options: GridOptions = {},
): Promise<ValidationReport[]> {
  await using lab = await Lab.open(options);
  const reports: ValidationReport[] = [];
  for (const model of models) {
    for (const recipe of recipes) {
      const report = await makeOne(lab, model, recipe, options.outFolder);
      options.onReport?.(report);
      reports.push(report);
    }
  }
  return reports;
}

async function makeOne(
  lab: Lab,
  model: string,
  recipe: Recipe,
  outFolder: string | undefined,
): Promise<ValidationReport> {
  const folder = outFolder ?? (await mkdtemp(join(tmpdir(), 'tokenrack-grid-')));
  try {
    const { report } = await quantizeModel(lab, model, folder, recipe);
    return report!;
  } finally {
    if (outFolder === undefined) await rm(folder, { recursive: true, force: true });
  }
}
