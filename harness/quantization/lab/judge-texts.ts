import { setImmediate } from 'node:timers/promises';
import type { Tokenizer } from '../../model/tokenizer.js';
import { FastForward } from '../../reference/fast/fast-forward.js';
import { compareLogits, type LogitsComparison } from '../../reference/quality.js';
import { generationFaults } from '../acceptance/generation-faults.js';
import type { BaseTexts } from './base-texts.js';
import type { Build } from './build.js';
import { continueText, natsOf } from './continue-text.js';

/** A prompt's outcome: the build beside float32. */
export interface TextPair {
  readonly prompt: string;
  /** What float32 and the build wrote, greedily. */
  readonly base: string;
  readonly build: string;
  readonly faults: readonly string[];
  /** At the prompt's last token; absent when a logit is not finite. */
  readonly atPrompt?: LogitsComparison;
  /** Tokens from the beginning that are the same. */
  readonly equalTokens: number;
  readonly baseTokens: number;
  readonly buildTokens: number;
}

/** Continues every prompt with the build and holds that against float32's. */
export async function judgeTexts(
  build: Build,
  { forward: base, tokens, texts }: BaseTexts,
  tokenizer: Pick<Tokenizer, 'decode'>,
  tell: (done: number, total: number) => void = () => {},
  signal?: AbortSignal,
): Promise<TextPair[]> {
  const forward = await FastForward.create(build.scored, { contextLength: base.contextLength });
  const pairs: TextPair[] = [];
  for (const { prompt, ids, greedy, sampledNats } of texts) {
    signal?.throwIfAborted();
    const made = continueText(forward, ids, tokens);
    const buildNats = natsOf(base, ids, made.tokens);
    const faults = generationFaults({
      base: greedy.tokens,
      build: made.tokens,
      ...(buildNats === undefined ? {} : { buildNats }),
      ...(sampledNats === undefined ? {} : { sampledNats }),
    });
    const atPrompt = compareLogits(greedy.promptLogits, made.promptLogits);
    pairs.push({
      prompt,
      base: tokenizer.decode([...ids, ...greedy.tokens]),
      build: tokenizer.decode([...ids, ...made.tokens]),
      faults,
      ...(atPrompt === undefined ? {} : { atPrompt }),
      equalTokens: equalPrefix(greedy.tokens, made.tokens),
      baseTokens: greedy.tokens.length,
      buildTokens: made.tokens.length,
    });
    tell(pairs.length, texts.length);
    await setImmediate();
  }
  return pairs;
}

function equalPrefix(one: readonly number[], other: readonly number[]): number {
  const different = one.findIndex((id, i) => id !== other[i]);
  return different < 0 ? one.length : different;
}
