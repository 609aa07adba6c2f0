import { join } from 'node:path';
import type { Checkpoint } from '../../model/checkpoint.js';
import { exportCard } from '../../model/export-card.js';
import { packModel } from '../../model/pack-model.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
import { packageRoot } from '../../paths.js';
import { generateReference } from '../../reference/generate.js';
import { createOracle } from '../../reference/oracle.js';

/** Folders of a card that are as they should be: the fixture in several formats, and with a screen. */
export const goodFolders = ['float32', 'int8', 'int8_row', 'int4', 'ternary', 'screened'] as const;
export type GoodFolder = (typeof goodFolders)[number];

export const promptIds: readonly number[] = [1, 20, 21, 22, 23];
export const maxTokens = 6;

export function littleStories(): Promise<Checkpoint> {
  return readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
}

/** Writes them all to the card. Resolves to what the reference generates from each. */
export async function writeGoodFolders(
  model: Checkpoint,
  card: string,
): Promise<Record<GoodFolder, readonly number[]>> {
  const tokens = {} as Record<GoodFolder, readonly number[]>;
  for (const name of goodFolders) {
    const packed = packModel(model, name === 'screened' ? 'float32' : name);
    await exportCard(packed, join(card, name), { screen: name === 'screened' });
    tokens[name] = referenceTokens(packed);
  }
  return tokens;
}

export function referenceTokens(model: Parameters<typeof createOracle>[0]): readonly number[] {
  const oracle = createOracle(model, { contextLength: 64 });
  const options = { maxTokens, temperature: 0, topK: 0, seed: 0, stopAtEnd: false, eosIds: [] };
  return generateReference(oracle, promptIds, options).tokens;
}
