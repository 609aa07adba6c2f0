import type { FastForward } from '../../reference/fast/fast-forward.js';
import { topToken } from '../../reference/largest-logits.js';
import { logSumExp } from '../../reference/quality.js';
import type { Sampler } from '../../reference/sampler.js';

export interface Continued {
  /** Without the end token. */
  readonly tokens: readonly number[];
  /** Mean of -ln p of these tokens by the model that wrote them; absent when there are none. */
  readonly nats?: number;
  /** (vocab), a copy: after the prompt's last token. */
  readonly promptLogits: Float32Array;
}

/** What a model writes after a prompt: up to `count` tokens, or its end token. Greedy without a sampler. */
export function continueText(
  forward: FastForward,
  prompt: readonly number[],
  count: number,
  sample: Sampler = topToken,
): Continued {
  const { eosIds, bosId } = forward.config;
  let logits = promptLogits(forward, prompt);
  const first = logits.slice();
  const tokens: number[] = [];
  let nats = 0;
  while (tokens.length < count) {
    const next = sample(logits);
    if (eosIds.includes(next) || next === bosId) break;
    nats += logSumExp(logits) - logits[next]!;
    tokens.push(next);
    if (tokens.length < count) logits = forward.step(next, prompt.length + tokens.length - 1);
  }
  return { tokens, promptLogits: first, ...(tokens.length === 0 ? {} : { nats: nats / tokens.length }) };
}

/** Mean of -ln p that a model gives a text after a prompt; absent for an empty one. */
export function natsOf(
  forward: FastForward,
  prompt: readonly number[],
  text: readonly number[],
): number | undefined {
  if (text.length === 0) return undefined;
  let nats = 0;
  forward.run([...prompt, ...text.slice(0, -1)], (position, logits) => {
    const next = position - prompt.length + 1;
    if (next >= 0) nats += logSumExp(logits) - logits[text[next]!]!;
  });
  return nats / text.length;
}

/** Valid until the forward pass's next call. */
function promptLogits(forward: FastForward, prompt: readonly number[]): Float32Array {
  let last: Float32Array | undefined;
  for (const { logits } of forward.batches(prompt)) last = logits.at(-1);
  return last!;
}
