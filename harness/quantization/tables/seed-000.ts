import { nominalBits } from '../beside-naive.js';
import { defaultGroup } from '../quantizers/grid.js';
import type { ValidationReport } from '../validation-report.js';
import type { MeasuredBuilds } from './build-facts.js';
import type { TableSection } from './section.js';
import { fileSection } from './seed-000-files.js';
import { promptSection } from './seed-000-prompts.js';
import { sizeSection } from './seed-000-sizes.js';

/** The tables of seed 000: the seed's own quantizer (int8, a scale a tensor) and int8 by rows beside its figures. */
export function seed000Sections({ model, config, reports }: MeasuredBuilds): TableSection[] {
  const int8 = reports.filter((report) => nominalBits(report) === 8);
  const naive = int8.find(({ build }) => build.recipe?.method === 'naive');
  const byRows = int8.find(isByRows);
  return [promptSection(model, naive, byRows), sizeSection(config, naive, byRows), fileSection(config)];
}

/** Plain rounding with one scale a row. */
function isByRows({ build: { recipe } }: ValidationReport): boolean {
  if (recipe?.method !== 'nearest' || recipe.zero_point) return false;
  return (recipe.group ?? defaultGroup(recipe.bits, recipe.method)) === 'row';
}
