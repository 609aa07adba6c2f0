import { setImmediate } from 'node:timers/promises';
import { FastForward } from '../../reference/fast/fast-forward.js';
import { createSampler } from '../../reference/sampler.js';
import { type Continued, continueText } from './continue-text.js';
import type { Subject } from './subject.js';

/** What float32 writes after a prompt: builds are held against it. */
export interface BaseText {
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly greedy: Continued;
  /** Of a text drawn at temperature 1; absent when the end came at once. */
  readonly sampledNats?: number;
}

export interface BaseTexts {
  /** For the same positions as the texts: prompts and `tokens` more. */
  readonly forward: FastForward;
  readonly tokens: number;
  readonly texts: readonly BaseText[];
}

const SAMPLE_SEED = 1;

/** Prompts that leave no room in the model's context are cut by what is made of them: fewer tokens. */
export async function writeBaseTexts(
  { checkpoint, tokenizer }: Subject,
  prompts: readonly string[],
  tokens: number,
  tell: (done: number, total: number) => void = () => {},
  signal?: AbortSignal,
): Promise<BaseTexts> {
  const encoded = prompts.map((prompt) => ({ prompt, ids: tokenizer.encode(prompt) }));
  const longest = encoded.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const room = Math.max(1, Math.min(tokens, checkpoint.config.contextLength - longest));
  const forward = await FastForward.create(checkpoint, { contextLength: longest + room });
  const texts: BaseText[] = [];
  for (const { prompt, ids } of encoded) {
    signal?.throwIfAborted();
    const greedy = continueText(forward, ids, room);
    const sampler = createSampler({ temperature: 1, topK: 0, seed: SAMPLE_SEED });
    const { nats } = continueText(forward, ids, room, sampler);
    texts.push({ prompt, ids, greedy, ...(nats === undefined ? {} : { sampledNats: nats }) });
    tell(texts.length, encoded.length);
    await setImmediate();
  }
  return { forward, tokens: room, texts };
}
