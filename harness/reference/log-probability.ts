import { exp, f32, log } from './float32-math.js';
import { largest, sum } from './kernels.js';

/** The page's log-probability of token `id`, binary32, in nats. `logits` (vocab) are finite. */
export function logProbability(logits: Float32Array, id: number): number {
  const m = largest(logits, logits.length);
  const weights = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) weights[i] = exp(f32(logits[i]! - m));
  return f32(f32(logits[id]! - m) - log(sum(weights, weights.length)));
}
