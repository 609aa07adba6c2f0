import type { LlamaConfig } from '../model/checkpoint.js';

/** Keys and values of one layer, by key-value head. */
export interface KvCache {
  readonly headSize: number;
  readonly contextLength: number;
  /** (kvHeads, contextLength, headSize): a position's key lies together, as a score reads it. */
  readonly keys: Float32Array;
  /** (kvHeads, headSize, contextLength): one element's history lies together, as a weighted sum over time reads it. */
  readonly values: Float32Array;
}

export function createKvCache({ kvHeads, headSize }: LlamaConfig, contextLength: number): KvCache {
  const size = kvHeads * headSize * contextLength;
  return { headSize, contextLength, keys: new Float32Array(size), values: new Float32Array(size) };
}

/** Puts one position's key and value, (kvHeads * headSize) each, in their places. */
export function store(cache: KvCache, position: number, key: Float32Array, value: Float32Array): void {
  const { headSize, contextLength } = cache;
  for (let i = 0; i < key.length; i++) {
    const head = (i - (i % headSize)) / headSize;
    cache.keys[(head * contextLength + position) * headSize + (i % headSize)] = key[i]!;
    cache.values[i * contextLength + position] = value[i]!;
  }
}
