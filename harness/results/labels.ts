import { z } from 'zod';
import { ConfigError } from '../errors.js';

/** Labels are tags of a time series store, which keeps an index of every value that ever was: they stay few and short. */
const wordSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,40}$/, 'give 1 to 40 letters, digits, dots, dashes or underscores');

/** What a run is for, as whoever starts it says; not part of the scenario, which stays the same. */
export const givenLabelsSchema = z.strictObject({
  /** Which series of runs it belongs to, such as `nightly`. */
  suite: wordSchema.optional(),
  /** Where the build comes from, such as `dev` or `release`. */
  channel: wordSchema.optional(),
  /** The build under test, or the pinned one that it is compared with. */
  arm: z.enum(['candidate', 'reference'], 'give candidate or reference').optional(),
});
export type GivenLabels = z.output<typeof givenLabelsSchema>;

export type Labels = Required<{ readonly [K in keyof GivenLabels]: NonNullable<GivenLabels[K]> }>;

/** With defaults for what was not given (dashboards/SCHEMA.md). Pure. */
export function resolveLabels({ suite = 'adhoc', channel = 'dev', arm = 'candidate' }: GivenLabels): Labels {
  return { suite, channel, arm };
}

/**
 * Labels as someone wrote them.
 * @throws ConfigError `bad-label` naming the label and what it may be
 */
export function parseLabels(input: unknown): Labels {
  const checked = givenLabelsSchema.safeParse(input);
  if (checked.success) return resolveLabels(checked.data);
  const { path, message } = checked.error.issues[0]!;
  throw new ConfigError(
    'bad-label',
    `the label ${path.join('.')} cannot be ${JSON.stringify(givenAt(input, path))}: ${message}`,
    { input },
  );
}

function givenAt(input: unknown, [key]: readonly PropertyKey[]): unknown {
  return key === undefined ? input : (input as Record<PropertyKey, unknown>)[key];
}
