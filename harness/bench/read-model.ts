import { byteTokenizer } from '../model/byte-tokenizer.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { makeModel } from '../model/make-model.js';
import { modelHash } from '../model/model-hash.js';
import { packModel } from '../model/pack-model.js';
import type { PackedModel } from '../model/packed-model.js';
import { type ReadPacked, readPacked } from '../model/read-packed.js';
import { findTokenizer, readTokenizer } from '../model/read-tokenizer.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { findInput } from './inputs.js';
import { packedHash } from './packed-hash.js';
import type { ScenarioSpec } from './scenario-spec.js';
import type { SharedWork } from './shared-work.js';

/** A scenario's model, in the format in which the board will have it. */
export interface BenchModel extends ReadPacked {
  readonly tokenizer: Tokenizer;
  /** Goes to the card with the model; absent for a seeded model, which has none. */
  readonly tokenizerPath?: string;
}

/** `seeded:SHAPE/SEED`, such as `seeded:tiny-llm/1`. */
const SEEDED = /^seeded:([\w-]+)\/(\d+)$/;

/**
 * Reads the scenario's model and packs it. A card folder or a quantized folder keeps its own formats unless the scenario names one.
 * Weights that another run of `shared` has are its: they are in memory once.
 * @throws ConfigError of whatever cannot be read, or cannot be packed
 */
export async function readModel(spec: ScenarioSpec, shared?: SharedWork): Promise<BenchModel> {
  const model = await readOwn(spec);
  if (shared === undefined) return model;
  const { checkpoint, packed } = model;
  const { name, source } = checkpoint;
  const key = JSON.stringify(['weights', name, source, modelHash(checkpoint), packedHash(packed)]);
  return { ...model, ...(await shared.get(key, async () => ({ checkpoint, packed }))) };
}

async function readOwn(spec: ScenarioSpec): Promise<BenchModel> {
  const seeded = SEEDED.exec(spec.model);
  if (seeded !== null) {
    const checkpoint = makeModel(seeded[1]!, { seed: Number(seeded[2]) });
    const tokenizer = byteTokenizer(checkpoint.config.vocabSize);
    return { checkpoint, packed: pack(checkpoint, spec), tokenizer };
  }
  const path = findInput(spec.model);
  const read = await readPacked(path, spec);
  const { vocabSize } = read.packed.config;
  const tokenizerPath = spec.tokenizer ?? (await findTokenizer(path, vocabSize));
  const tokenizer = await readTokenizer(tokenizerPath, vocabSize);
  return { ...read, tokenizer, tokenizerPath };
}

function pack(checkpoint: Checkpoint, { format = 'float32', tensors }: ScenarioSpec): PackedModel {
  return packModel(checkpoint, { default: format, tensors });
}
