import { setImmediate } from 'node:timers/promises';
import type { Checkpoint } from '../../model/checkpoint.js';
import { FastForward } from '../../reference/fast/fast-forward.js';
import { createSampler } from '../../reference/sampler.js';
import type { Document } from './text-file.js';

export interface SampleRequest {
  readonly documents: number;
  /** Tokens of a document, at most. */
  readonly length: number;
  /** Tokens of all, at most: a large model takes milliseconds for each. */
  readonly tokens: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Texts that the model writes itself from its beginning token, drawn at temperature 1, each to its end token or `length`. The same request gives
 * the same texts, and one for more begins with the same.
 */
export async function sampleDocuments(
  checkpoint: Checkpoint,
  { documents, length, tokens, seed, onProgress, signal }: SampleRequest,
): Promise<Document[]> {
  const forward = await FastForward.create(checkpoint, { contextLength: length });
  const made: Document[] = [];
  let used = 0;
  while (made.length < documents && used < tokens) {
    signal?.throwIfAborted();
    const text = sampleOne(forward, length, seed + made.length * SEED_STRIDE);
    made.push(text);
    used += text.length;
    onProgress?.(made.length, documents);
    await setImmediate();
  }
  return made;
}

/** Seeds of neighbouring requests are small numbers: their documents' seeds must not meet. */
const SEED_STRIDE = 0x10001;

function sampleOne(forward: FastForward, length: number, seed: number): number[] {
  const { bosId, eosIds } = forward.config;
  const sample = createSampler({ temperature: 1, topK: 0, seed });
  const ids = [bosId];
  while (ids.length < length) {
    const next = sample(forward.step(ids.at(-1)!, ids.length - 1));
    // Some models were trained on texts that follow one another: the next one's beginning ends this one.
    if (next === bosId) break;
    ids.push(next);
    if (eosIds.includes(next)) break;
  }
  return ids;
}
