import { ConfigError } from '../errors.js';
import { commandsOf, type ForeignFirmware } from './foreign-schema.js';

/** What a command's placeholders stand for. */
export interface PromptFacts {
  readonly text: string;
  /** Token ids; empty when the host has no tokenizer for this firmware. */
  readonly ids: readonly number[];
  /** New tokens asked for. */
  readonly tokens: number;
  readonly seed: number;
}

const LINE_ENDS = { lf: '\n', cr: '\r', crlf: '\r\n' } as const;

/**
 * What is sent for one generation: the commands with their line ends, one after the other.
 * @throws ConfigError `foreign-prompt` when the prompt does not fit a line of this firmware.
 */
export function promptCommand(firmware: ForeignFirmware, facts: PromptFacts): string {
  const { prompt, line_ending } = firmware;
  const lines = commandsOf(prompt).map((command) => {
    const text = fill(command, facts, prompt.separator);
    refuseUnfit(firmware, facts, text + LINE_ENDS[line_ending]);
    return text + LINE_ENDS[line_ending];
  });
  return Buffer.from(lines.join('')).toString('latin1');
}

function fill(command: string, { text, ids, tokens, seed }: PromptFacts, separator: string): string {
  const values: Readonly<Record<string, string>> = {
    text,
    ids: ids.join(separator),
    tokens: String(tokens),
    seed: String(seed),
  };
  return command.replace(/\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function refuseUnfit({ name, prompt, line_ending }: ForeignFirmware, facts: PromptFacts, line: string): void {
  const bytes = Buffer.byteLength(line);
  const end = LINE_ENDS[line_ending];
  const what = `prompt ${JSON.stringify(facts.text)}`;
  if (bytes > prompt.max_bytes) {
    const message = `${what} makes a line of ${bytes} bytes; ${name} takes ${prompt.max_bytes}: shorten it`;
    throw new ConfigError('foreign-prompt', message, { bytes });
  }
  if (/[\r\n]/.test(line.slice(0, -end.length))) {
    const message = `${what} has a line break, which ends ${name}'s command: take it out`;
    throw new ConfigError('foreign-prompt', message);
  }
}
