import { join } from 'node:path';
import { readCardFolder } from '../model/card-folder.js';
import { type CardFolder, exportCard } from '../model/export-card.js';
import { cardFolderName } from '../model/weight-format.js';
import { findInput } from './inputs.js';
import { packedHash } from './packed-hash.js';
import type { BenchModel } from './read-model.js';
import type { ScenarioSpec } from './scenario-spec.js';

/** The card as the board will see it: the user's own folder, or an export kept by the model's hash and that of its matrices as packed. */
export async function prepareCard(
  spec: ScenarioSpec,
  { packed, tokenizerPath }: BenchModel,
  hash: string,
  stateFolder: string,
): Promise<CardFolder> {
  if (spec.card !== undefined) return readCardFolder(findInput(spec.card));
  // A root for each: a card that had several folders would boot with another one than the run's.
  const key = `${hash.slice(0, 16)}-${packed.weightFormat}-${packedHash(packed).slice(0, 8)}`;
  const folder = join(stateFolder, 'cards', key, cardFolderName(packed.weightFormat));
  return exportCard(packed, folder, tokenizerPath === undefined ? {} : { tokenizerPath });
}
