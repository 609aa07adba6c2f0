import { ConfigError } from '../errors.js';
import { maxCommandBytes } from './machine-line.js';

export interface PromptChunk {
  /** `prompt OFFSET ID ...` without sequence number and CRC. */
  readonly command: string;
  /** How many ids the board holds once it has taken this chunk. */
  readonly countAfter: number;
}

/** `#2147483647 ` before a command, ` *xxxxxxxx\n` after it. */
const framingBytes = 12 + 11;

/**
 * Cuts a prompt into commands that fit a line each.
 * @throws ConfigError on an empty prompt, or an id that is no token id.
 */
export function promptCommands(ids: readonly number[]): PromptChunk[] {
  if (ids.length === 0)
    throw new ConfigError('prompt-empty', 'a prompt needs at least one token id: add text or ids');
  const chunks: PromptChunk[] = [];
  let command = 'prompt 0';
  ids.forEach((id, index) => {
    if (!Number.isSafeInteger(id) || id < 0) {
      throw new ConfigError('bad-token', `prompt id ${id} at ${index} is no token id: give integers from 0`, {
        index,
      });
    }
    if (command.length + 1 + String(id).length > maxCommandBytes - framingBytes) {
      chunks.push({ command, countAfter: index });
      command = `prompt ${index}`;
    }
    command += ` ${id}`;
  });
  chunks.push({ command, countAfter: ids.length });
  return chunks;
}
