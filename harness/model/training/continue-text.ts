import type { Choices } from './choices.js';
import { exp } from './exact-math.js';
import { forward } from './llama-forward.js';
import type { Parameters } from './parameters.js';
import { createTrace } from './trace.js';

/**
 * What the model writes after `prompt`, up to `count` tokens or its end token (left out). Greedy without `choices`; with
 * them, drawn from the softmax at temperature 1.
 */
export function continueText(
  model: Parameters,
  prompt: readonly number[],
  count: number,
  choices?: Choices,
): number[] {
  const trace = createTrace(model.config, prompt.length + count, (length) => new Float32Array(length));
  const tokens = [...prompt];
  while (tokens.length < prompt.length + count) {
    forward(model, trace, tokens);
    const { vocabSize } = model.config;
    const logits = trace.logits.subarray((tokens.length - 1) * vocabSize, tokens.length * vocabSize);
    const next = choices === undefined ? largest(logits) : draw(logits, choices);
    if (model.config.eosIds.includes(next)) break;
    tokens.push(next);
  }
  return tokens.slice(prompt.length);
}

function largest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

function draw(logits: ArrayLike<number>, choices: Choices): number {
  const top = logits[largest(logits)]!;
  const weights = Array.from(logits, (logit) => exp(logit - top));
  let left = choices.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
