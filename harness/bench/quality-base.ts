import { ConfigError } from '../errors.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { findInput } from './inputs.js';
import type { BenchModel } from './read-model.js';
import type { ScenarioSpec } from './scenario-spec.js';

/**
 * What the packed model is compared with, when the scenario asks for `quality`; undefined when it does not, or has nothing to compare.
 * @throws ConfigError `quality-base` when all there is of the model has lost what float32 had
 */
export function qualityBase(
  spec: ScenarioSpec,
  { checkpoint, packed, stored = 'float32' }: BenchModel,
): Checkpoint | undefined {
  if (!spec.quality || packed.weightFormat === 'float32') return undefined;
  if (stored === 'float32') return checkpoint;
  const message = `quality is against float32, and ${spec.model} is stored in ${stored}: name the checkpoint that it was made from`;
  throw new ConfigError('quality-base', message, { path: findInput(spec.model) });
}
