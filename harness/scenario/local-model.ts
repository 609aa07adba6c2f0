import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../config/environment.js';

/**
 * The path of a real model that this machine keeps beside the project (`TOKENRACK_MODELS`), or undefined where there is none: a scenario
 * then says what it runs on instead.
 */
export function localModel(name: string): string | undefined {
  const { modelsFolder } = readEnvironment();
  if (modelsFolder === undefined) return undefined;
  const path = join(modelsFolder, name);
  return existsSync(path) ? path : undefined;
}

/** How much of a long scenario to run (`TOKENRACK_TRIALS`); undefined: as little as shows that it works. */
export function trials(): number | undefined {
  return readEnvironment().trials;
}
