import type { Tokenizer } from '../tokenizer.js';
import type { Story } from './corpus.js';
import { END_ID } from './train-tokenizer.js';

export interface DocumentSet {
  /** Token ids of each story, from its beginning token to its end token. */
  readonly documents: readonly (readonly number[])[];
  readonly words: number;
  /** Tokens to predict: all but the beginning tokens. */
  readonly tokens: number;
  /** What the grammar's choices cost, in nats a token: no model can be expected to do better. */
  readonly choiceNats: number;
}

/** Encodes the stories; those of more than `longest` tokens are left out. */
export function encodeStories(
  stories: readonly Story[],
  encoder: Pick<Tokenizer, 'encode'>,
  longest: number,
): DocumentSet {
  const encoded = stories
    .map((story) => ({ story, document: [...encoder.encode(story.text), END_ID] }))
    .filter(({ document }) => document.length <= longest);
  const tokens = sum(encoded.map(({ document }) => document.length - 1));
  return {
    documents: encoded.map(({ document }) => document),
    words: sum(encoded.map(({ story }) => story.text.split(' ').length)),
    tokens,
    choiceNats: sum(encoded.map(({ story }) => story.nats)) / tokens,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
