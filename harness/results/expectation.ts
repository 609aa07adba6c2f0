import { z } from 'zod';
import { definitionOf, MEASUREMENT_NAMES } from './measurement-catalogue.js';
import { formatQuantity } from './quantity.js';

const measurementName = z.enum(MEASUREMENT_NAMES);

/**
 * What must hold, as data: stored in the plan, judged from the run folder, so that a replay judges the same.
 * Bounds are in the measurement's own unit.
 */
export const expectationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tokens-equal-reference') }),
  z.strictObject({ kind: z.literal('logits-equal-reference') }),
  z.strictObject({ kind: z.literal('exact-identical') }),
  z.strictObject({ kind: z.literal('at-most'), measurement: measurementName, bound: z.number() }),
  z.strictObject({ kind: z.literal('at-least'), measurement: measurementName, bound: z.number() }),
  z.strictObject({ kind: z.literal('equals'), measurement: measurementName, bound: z.number() }),
  z.strictObject({ kind: z.literal('text-begins'), prompt: z.string(), text: z.string() }),
  z.strictObject({
    kind: z.literal('custom'),
    title: z.string(),
    /** Source text of the assertion, and its SHA-256: a replay runs it only from the same scenario file. */
    source: z.string(),
    sha256: z.string(),
  }),
]);

export type Expectation = z.output<typeof expectationSchema>;

/** The requirement as a sentence: the title of its mocha test. */
export function describeExpectation(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'tokens-equal-reference':
      return 'every token equals the reference';
    case 'logits-equal-reference':
      return 'all logits equal the reference to the bit';
    case 'exact-identical':
      return 'every exact measurement is identical over repeats';
    case 'at-most':
    case 'at-least':
    case 'equals':
      return describeBound(expectation);
    case 'text-begins':
      return `"${expectation.prompt}" continues ${JSON.stringify(expectation.text)}`;
    case 'custom':
      return expectation.title;
  }
}

const RELATIONS = { 'at-most': 'at most', 'at-least': 'at least', equals: 'exactly' } as const;

function describeBound(expectation: Extract<Expectation, { bound: number }>): string {
  const { label, unit } = definitionOf(expectation.measurement);
  return `${label} is ${RELATIONS[expectation.kind]} ${formatQuantity(expectation.bound, unit)}`;
}
