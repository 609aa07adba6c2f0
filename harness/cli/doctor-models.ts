import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/environment.js';
import { type Finding, ok } from '../rack/doctor/finding.js';

/** What tests and scenarios look for among the real models. */
const WANTED = ['stories260K.bin', 'tok512.bin', 'tinyllm-stories', 'llama2-tokenizer-32000.bin'];

/** Where real models are looked for and which are there: for information, since all that wants one says what it does without. */
export function checkModels({
  modelsFolder,
  modelsPlace,
}: Pick<Environment, 'modelsFolder' | 'modelsPlace'>): Finding {
  const without = 'tests of them are skipped, scenarios take seeded weights';
  if (modelsFolder === undefined)
    return ok('models', `no folder ${modelsPlace} (TOKENRACK_MODELS): ${without}`);
  const missing = WANTED.filter((name) => !existsSync(join(modelsFolder, name)));
  if (missing.length === 0) return ok('models', `${modelsFolder} has all ${WANTED.length}`);
  return ok('models', `${modelsFolder} is without ${missing.join(', ')}: ${without}`);
}
