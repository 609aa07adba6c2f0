import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import type { PackedModel } from '../../model/packed-model.js';
import type { Tokenizer } from '../../model/tokenizer.js';
import { type ScoreOptions, ScorePool } from '../../reference/fast/score-pool.js';
import { mean } from '../../stats/mean.js';
import { refuseLine, type Task } from './task-file.js';

/** A question as a model is asked it: each choice after the prompt, as token ids. */
export interface EncodedQuestion {
  readonly choices: readonly (readonly number[])[];
  /** All choices begin with the same so many tokens: those after them are scored. */
  readonly shared: number;
  readonly answer: number;
}

/** @throws ConfigError `task-line` for a choice that adds no token, or has no room in the model's context */
export function encodeTask(
  { path, questions }: Task,
  tokenizer: Pick<Tokenizer, 'encode'>,
  { contextLength }: Pick<LlamaConfig, 'contextLength'>,
): EncodedQuestion[] {
  return questions.map(({ line, prompt, choices, answer }) => {
    const encoded = choices.map((choice) => tokenizer.encode(prompt + choice));
    const shared = sharedTokens([tokenizer.encode(prompt), ...encoded]);
    for (const [index, ids] of encoded.entries()) {
      const choice = JSON.stringify(choices[index]);
      if (ids.length <= shared) refuseLine(path, line, `choice ${choice} adds no token to the prompt`);
      if (ids.length > contextLength)
        refuseLine(
          path,
          line,
          `${ids.length} tokens with choice ${choice}: the model's context has ${contextLength}`,
        );
    }
    return { choices: encoded, shared, answer };
  });
}

/**
 * Which questions a model answers right: of a question's choices that is its answer whose tokens have the largest mean log-probability after
 * the prompt. A score that is no number wins nothing.
 */
export async function answerTask(
  model: Checkpoint | PackedModel,
  questions: readonly EncodedQuestion[],
  { threads, ...options }: ScoreOptions & { readonly threads?: number } = {},
): Promise<boolean[]> {
  const documents = questions.flatMap(({ choices }) => choices);
  const contextLength = documents.reduce((most, ids) => Math.max(most, ids.length), 2);
  await using pool = ScorePool.open({ base: model, contextLength }, threads);
  const found = await pool.logProbabilities(documents, options);
  let from = 0;
  return questions.map(({ choices, shared, answer }) => {
    const scores = choices.map((ids) => {
      const own = found.slice(from, from + ids.length - 1);
      from += own.length;
      return mean(own.slice(shared - 1)).value!;
    });
    return largest(scores) === answer;
  });
}

/** What guessing gets right, 0 .. 1. */
export function chanceOf(questions: readonly Pick<EncodedQuestion, 'choices'>[]): number {
  return mean(questions.map(({ choices }) => 1 / choices.length)).value!;
}

/** The beginning token at least. */
function sharedTokens(all: readonly (readonly number[])[]): number {
  const [first, ...others] = all;
  const different = first!.findIndex((id, at) => others.some((ids) => ids[at] !== id));
  return different < 0 ? first!.length : different;
}

function largest(scores: readonly number[]): number {
  let best = -1;
  for (const [index, score] of scores.entries())
    if (score > (scores[best] ?? Number.NEGATIVE_INFINITY)) best = index;
  return best;
}
