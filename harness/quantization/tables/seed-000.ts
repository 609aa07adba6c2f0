import type { MeasuredBuilds } from './build-facts.js';
import type { TableSection } from './section.js';
import { fileSection } from './seed-000-files.js';
import { promptSection } from './seed-000-prompts.js';
import { sizeSection } from './seed-000-sizes.js';

/** The tables of seed 000: the seed's own quantizer (int8, a scale a tensor) and int8 by rows beside its figures. */
export function seed000Sections({ model, config, reports }: MeasuredBuilds): TableSection[] {
  const naive = reports.find(({ build }) => build.recipe?.method === 'naive' && build.recipe.bits === 8);
  const byRows = reports.find(({ build }) => build.name.endsWith('-int8-nearest'));
  return [promptSection(model, naive, byRows), sizeSection(config), fileSection(config)];
}
