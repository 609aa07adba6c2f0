import { ConfigError } from '../errors.js';
import { readCardFolder } from '../model/card-folder.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { isCardFolder } from '../model/read-checkpoint.js';
import { findInput } from './inputs.js';
import type { BenchModel } from './read-model.js';
import type { ScenarioSpec } from './scenario-spec.js';

/**
 * What the packed model is compared with, when the scenario asks for `quality`; undefined when it does not, or has nothing to compare.
 * @throws ConfigError `quality-base` when all there is of the model has lost what float32 had
 */
export async function qualityBase(
  spec: ScenarioSpec,
  { checkpoint, packed }: BenchModel,
): Promise<Checkpoint | undefined> {
  if (!spec.quality || packed.weightFormat === 'float32') return undefined;
  const path = findInput(spec.model);
  const stored = isCardFolder(path) ? (await readCardFolder(path)).weightFormat : 'float32';
  if (stored === 'float32') return checkpoint;
  const message = `quality is against float32, and ${spec.model} is a card folder in ${stored}: name the checkpoint that it was made from`;
  throw new ConfigError('quality-base', message, { path });
}
