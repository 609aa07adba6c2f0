import { z } from 'zod';
import { ConfigError } from '../errors.js';

/** Strategies by their number in firmware/PROTOCOL.md. */
export const STRATEGIES = ['seed', 'fast'] as const;
/** Values of the knob `screen`, by their number. */
const SCREENS = ['off', 'certain', 'checked'] as const;

/** Of both strategies, or of `fast` alone: a knob that a plan's strategy never looks at is a mistake of its author. */
const ONLY_FAST = [
  'resident',
  'cache_bytes',
  'screen',
  'screen_rows',
  'chunk_bytes',
  'read_ahead',
  'batch',
  'core_split',
] as const;
const ONLY_SEED = ['head_rows', 'mlp_bytes', 'prefill_head'] as const;

/** The knobs of firmware/PROTOCOL.md with what they take; strategy and context have keys of their own in a spec. */
export const knobSchemas = {
  head_rows: z.int().optional(),
  mlp_bytes: z.int().optional(),
  prefill_head: z.union([z.int(), z.boolean().transform(Number)]).optional(),
  resident: z.int().optional(),
  cache_bytes: z.int().optional(),
  screen: z.union([z.int(), z.enum(SCREENS).transform((name) => SCREENS.indexOf(name))]).optional(),
  screen_rows: z.int().optional(),
  chunk_bytes: z.int().optional(),
  read_ahead: z.union([z.int(), z.boolean().transform(Number)]).optional(),
  batch: z.int().optional(),
  core_split: z.int().optional(),
};

export type Knobs = { readonly [K in keyof typeof knobSchemas]?: number | undefined };

/**
 * What the board is told before the model is loaded, by the protocol's names and numbers.
 * @throws ConfigError `knob-unfit` for a knob that the strategy never looks at
 */
export function planKnobs(
  strategy: (typeof STRATEGIES)[number],
  context: number,
  knobs: Knobs,
): Record<string, number> {
  const foreign: readonly string[] = strategy === 'seed' ? ONLY_FAST : ONLY_SEED;
  const unfit = Object.keys(knobs).find((key) => foreign.includes(key));
  if (unfit !== undefined) {
    const message = `the knob ${unfit} means nothing to the strategy ${strategy}: leave it out, or choose the other strategy`;
    throw new ConfigError('knob-unfit', message, { knob: unfit, strategy });
  }
  const given = Object.entries(knobs).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { strategy: STRATEGIES.indexOf(strategy), ...Object.fromEntries(given), context };
}
