import { findInput } from '../../bench/inputs.js';
import { type BenchModel, readModel } from '../../bench/read-model.js';
import { parseScenario } from '../../bench/scenario-spec.js';
import { modelHash } from '../../model/model-hash.js';
import { modelInfo } from '../../model/model-info.js';

/** A float32 model with all that belongs to it. */
export interface Subject extends BenchModel {
  /** As it was named. */
  readonly path: string;
  readonly hash: string;
  readonly parameters: number;
}

/** @throws ConfigError of whatever cannot be read */
export async function readSubject(path: string, tokenizer?: string): Promise<Subject> {
  const spec = parseScenario(path, {
    model: path,
    format: 'float32',
    ...(tokenizer === undefined ? {} : { tokenizer }),
  });
  const model = await readModel(spec);
  const { parameters } = modelInfo(model.checkpoint.config);
  const place = path.startsWith('seeded:') ? path : findInput(path);
  return { ...model, path: place, hash: modelHash(model.checkpoint), parameters };
}
