import { z } from 'zod';
import { patternFault } from './pattern.js';

/** A pattern for one line; these are the named groups that it may have. */
function line(...groups: readonly string[]) {
  return z.string().superRefine((source, context) => {
    const fault = patternFault(source, groups);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });
}

/** What a command may have filled in. */
const PLACEHOLDERS = ['text', 'ids', 'tokens', 'seed'];

/** One line to the board. */
const commandSchema = z
  .string()
  .min(1)
  .superRefine((command, context) => {
    const strange = [...command.matchAll(/\{([a-z]+)\}/g)].find(([, name]) => !PLACEHOLDERS.includes(name!));
    if (strange === undefined) return;
    const message = `${strange[0]} is not filled in; there are {${PLACEHOLDERS.join('}, {')}}`;
    context.addIssue({ code: 'custom', message });
  });

const promptSchema = z
  .strictObject({
    /** Sent for every generation, each on a line of its own; `{text}`, `{ids}`, `{tokens}`, `{seed}` are filled in. */
    command: z.union([commandSchema, z.array(commandSchema).min(1)]).optional(),
    /** Instead of a command: the prompt built into a firmware that generates once at every boot, for tables. */
    at_boot: z.string().min(1).optional(),
    /** What stands between the ids of `{ids}`. */
    separator: z.string().default(' '),
    /** Longest line that the firmware takes, in bytes, its line end included. */
    max_bytes: z.int().min(8).default(120),
  })
  .refine(({ command, at_boot }) => (command === undefined) !== (at_boot === undefined), {
    message: 'say either `command` or `at_boot`',
  });

const logSchema = z
  .strictObject({
    /** The line that begins a generation; without it, one begins when it is asked for. */
    started: line('prompt_tokens').optional(),
    /** Lines with tokens: any number of them, in order; `ids` are whole numbers with anything between. */
    tokens: line('ids', 'text').optional(),
    /** Plain lines that no other pattern takes are the text, between `started` and the speed. */
    text_unmatched: z.boolean().default(false),
    /** The text begins with the prompt, which is taken off. */
    text_has_prompt: z.boolean().default(false),
    /** Lines with what was measured. */
    speed: z.array(line('tokens', 'us', 'ms', 's', 'rate')).default([]),
    /** What a printed rate and time count: `all`: prompt and all; `decode`: from the first new token to the last. */
    rate_counts: z.enum(['all', 'decode']).default('all'),
    /** The last line of a generation. It may be one of `speed` as well. */
    ended: line(),
  })
  .refine(({ tokens, text_unmatched }) => !text_unmatched || tokens?.includes('(?<text>') !== true, {
    message: 'the text comes either from `tokens` or from the unmatched lines',
    path: ['text_unmatched'],
  });

const errorSchema = z.strictObject({
  pattern: line(),
  /** Whose fault such a line tells of. */
  class: z.enum(['product-fail', 'infra-fail']).default('product-fail'),
});

const timeoutsSchema = z.strictObject({
  /** From the reset to the ready line. */
  ready_ms: z.int().min(1).default(15_000),
  /** Nothing at all from the board for so long, while it generates. */
  silence_ms: z.int().min(1).default(120_000),
  /** One generation in all, by the time at which its lines arrive. */
  generation_ms: z.int().min(1).default(1_800_000),
});

/**
 * How another project's firmware is driven and read: fixtures/foreign/*.yaml. A pattern is looked for anywhere in one
 * line, which is taken without its line end and colours.
 */
export const foreignSchema = z
  .strictObject({
    name: z.string().min(1),
    /** The app's rate; ROM messages come at 115200. */
    baud: z.int().min(1200).max(2_000_000).default(115_200),
    line_ending: z.enum(['lf', 'cr', 'crlf']).default('lf'),
    /** `card`: it runs the scenario's model, from the card; `firmware`: a model of its own, which the host knows nothing of. */
    weights: z.enum(['card', 'firmware']).default('firmware'),
    /** The line after which it takes a prompt, or begins on its own. */
    ready: line(),
    prompt: promptSchema,
    log: logSchema,
    /** Lines that end an attempt. */
    errors: z.array(errorSchema).default([]),
    timeouts: timeoutsSchema.prefault({}),
  })
  .refine(({ weights, prompt }) => weights === 'card' || !commandsOf(prompt).some(hasIds), {
    message: '{ids} needs `weights: card`: without the model the host has no tokenizer',
    path: ['prompt', 'command'],
  });

export type ForeignFirmware = z.output<typeof foreignSchema>;

/** The commands of one generation; none when the firmware generates at boot. */
export function commandsOf({ command }: z.output<typeof promptSchema>): readonly string[] {
  if (command === undefined) return [];
  return typeof command === 'string' ? [command] : command;
}

/** Whether the prompt goes out as ids that the host made. */
export function foreignUsesIds({ prompt }: ForeignFirmware): boolean {
  return commandsOf(prompt).some(hasIds);
}

function hasIds(command: string): boolean {
  return command.includes('{ids}');
}
