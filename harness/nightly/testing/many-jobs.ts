import { type Job, jobSchema } from '../../farm/jobs/job.js';
import { logits, tokens } from '../../scenario/expectations.js';
import type { ScenarioDefinition } from '../../scenario/session.js';
import { tokenrackVersion } from '../../version.js';

/** How long a job is: so many new tokens for each of so many prompts, so often. */
export interface Length {
  readonly tokens: number;
  readonly prompts: number;
  readonly repeats: number;
}

/** From about 10 to 100 seconds of a board's time. */
export const nightLengths: readonly Length[] = [
  { tokens: 8, prompts: 5, repeats: 1 },
  { tokens: 16, prompts: 5, repeats: 1 },
  { tokens: 24, prompts: 5, repeats: 1 },
  { tokens: 32, prompts: 5, repeats: 1 },
  { tokens: 16, prompts: 5, repeats: 2 },
  { tokens: 20, prompts: 5, repeats: 2 },
  { tokens: 32, prompts: 5, repeats: 2 },
  { tokens: 32, prompts: 5, repeats: 3 },
];

/** A few seconds each. */
export const shortLengths: readonly Length[] = [
  { tokens: 2, prompts: 1, repeats: 1 },
  { tokens: 4, prompts: 1, repeats: 1 },
  { tokens: 8, prompts: 1, repeats: 1 },
];

const prompts = [
  'Once upon a time',
  'The little dog',
  'Tom and Sue went to the park',
  'One day a bird',
  'It was a sunny day',
];

export function titleOf({ tokens, prompts, repeats }: Length): string {
  return `${prompts} prompts, ${tokens} tokens, ${repeats} times`;
}

/** Passes only when every token and every logit is the reference's. */
export function definitionOf(length: Length): ScenarioDefinition {
  const input = {
    model: 'fixtures/models/little-stories',
    prompts: prompts.slice(0, length.prompts),
    generate: { tokens: length.tokens },
    repeats: length.repeats,
    expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
  };
  return { title: titleOf(length), input, checks: [] };
}

export function jobOf(index: number, length: Length, expectedMs: number): Job {
  return jobSchema.parse({
    job: 1,
    id: `many-${String(index).padStart(4, '0')}`,
    tokenrack: tokenrackVersion,
    tree: '0'.repeat(64),
    file: 'bench-many',
    title: titleOf(length),
    requires: {},
    expectedMs,
  });
}
