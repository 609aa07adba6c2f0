import { createHash } from 'node:crypto';
import { type Checkpoint, type LlamaConfig, TENSOR_NAMES } from './checkpoint.js';

/** In this order for ever: a change would rename every model. */
const HASHED: readonly (keyof LlamaConfig)[] = [
  'hiddenSize',
  'ffnSize',
  'layers',
  'heads',
  'kvHeads',
  'headSize',
  'vocabSize',
  'contextLength',
  'rmsNormEps',
  'ropeTheta',
  'tiedHead',
  'bosId',
  'eosIds',
];

/**
 * What a model is, whatever file and format it came from: SHA-256, as 64 hex digits, over one JSON line of its config
 * (keys in a fixed order) and then each tensor's name, a line feed, and its little-endian float32. A tied head counts once.
 */
export function modelHash({ config, tensors }: Checkpoint): string {
  const hash = createHash('sha256');
  hash.update(`${JSON.stringify(HASHED.map((key) => [key, config[key]]))}\n`);
  for (const name of TENSOR_NAMES) {
    if (name === 'lm_head' && config.tiedHead) continue;
    const { buffer, byteOffset, byteLength } = tensors[name];
    hash.update(`${name}\n`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** The first 12 digits, for folder names and tables. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}
