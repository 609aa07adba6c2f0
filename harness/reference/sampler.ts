import { exp, f32 } from './float32-math.js';
import { largest } from './kernels.js';
import { largestLogits, topToken } from './largest-logits.js';

export interface SamplingOptions {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Candidates kept, largest first; 0 is all. */
  readonly topK: number;
  /** Unsigned 32-bit. */
  readonly seed: number;
}

/** Chooses the next token from finite logits (vocab). */
export type Sampler = (logits: Float32Array) => number;

/** The sampler of firmware/FORMATS.md "Choosing the next token"; one draw for every token that it is asked for. */
export function createSampler({ temperature, topK, seed }: SamplingOptions): Sampler {
  if (temperature === 0) return topToken;
  const draw = createDraws(seed);
  const inverse = f32(1 / f32(temperature));
  return (logits) => choose(logits, candidatesOf(logits, topK), inverse, draw());
}

/** Ids in the order in which their weights are added up. */
function candidatesOf(logits: Float32Array, topK: number): readonly number[] {
  if (topK > 0) return largestLogits(logits, topK).map(({ id }) => id);
  return Array.from(logits.keys());
}

function choose(logits: Float32Array, candidates: readonly number[], inverse: number, u: number): number {
  const m = largest(logits, logits.length);
  const weights = candidates.map((id) => exp(f32(f32(logits[id]! - m) * inverse)));
  const limit = f32(u * weights.reduce((total, weight) => f32(total + weight), 0));
  let running = 0;
  for (const [index, weight] of weights.entries()) {
    running = f32(running + weight);
    if (running > limit) return candidates[index]!;
  }
  return candidates.at(-1)!;
}

/** The page's stream of numbers in [0, 1), multiples of 2^-24. */
export function createDraws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    z ^= z >>> 15;
    return (z >>> 8) * 2 ** -24;
  };
}
