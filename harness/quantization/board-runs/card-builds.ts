import { join } from 'node:path';
import { exportCard } from '../../model/export-card.js';
import { cardFolderName } from '../../model/weight-format.js';
import { Lab } from '../lab/lab.js';
import { makeBuild } from '../lab/quantize.js';
import type { QuantizedModel } from '../quantized-model.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';

/** A build with the card that it is on, under the name that a scenario gives it. */
export interface CardBuild {
  readonly name: string;
  readonly model: QuantizedModel;
  readonly cardFolder: string;
}

/** Quantizes a model by each recipe and exports the cards below `folder`. @throws ConfigError of whatever cannot be made */
export async function makeCards(
  modelPath: string,
  recipes: Readonly<Record<string, RecipeInput>>,
  folder: string,
): Promise<CardBuild[]> {
  await using lab = await Lab.open();
  const subject = await lab.subject(modelPath);
  const { tokenizerPath } = subject;
  const builds: CardBuild[] = [];
  for (const [name, input] of Object.entries(recipes)) {
    const recipe = recipeSchema.parse(input);
    const { model } = await makeBuild(lab, subject, recipe);
    const cardFolder = join(folder, model.name, cardFolderName(model.packed!.weightFormat));
    await exportCard(model.packed!, cardFolder, tokenizerPath === undefined ? {} : { tokenizerPath });
    builds.push({ name, model, cardFolder });
  }
  return builds;
}
