import { ConfigError } from '../errors.js';
import type { Oracle } from './oracle.js';

/**
 * A token sequence that an oracle can be given from position 0.
 * @throws ConfigError `prompt-empty`, `prompt-too-long` or `prompt-token`, naming what does not fit
 */
export function checkSequence({ config, contextLength, name }: Oracle, ids: readonly number[]): void {
  if (ids.length === 0)
    throw new ConfigError('prompt-empty', `${name} was given no tokens: give at least one`);
  if (ids.length > contextLength) {
    const message = `${ids.length} tokens do not fit into the context of ${contextLength}: shorten the prompt or raise the context`;
    throw new ConfigError('prompt-too-long', message, { tokens: ids.length, contextLength });
  }
  const index = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
  if (index < 0) return;
  const message = `token ${index + 1} of the prompt is ${ids[index]}, but ${name} knows ${config.vocabSize} tokens: use the model's own tokenizer`;
  throw new ConfigError('prompt-token', message, { index, id: ids[index] });
}
