import { type LoaderAnswer, type LoaderCommand, wordsOf } from './protocol.js';
import type { LoaderState } from './state.js';

/** READ_REG, alike in both dialects. */
export function readRegister(state: LoaderState, { data }: LoaderCommand, formatError: number): LoaderAnswer {
  if (data.length !== 4) return { error: formatError };
  return { value: state.registers.read(wordsOf(data)[0]!) };
}

/** WRITE_REG, alike in both dialects: any number of address, value, mask, delay in microseconds before the write. */
export function writeRegisters(
  state: LoaderState,
  { data }: LoaderCommand,
  formatError: number,
): LoaderAnswer {
  if (data.length === 0 || data.length % 16 !== 0) return { error: formatError };
  const words = wordsOf(data);
  for (let i = 0; i < words.length; i += 4) {
    state.advanceUs(words[i + 3]!);
    state.registers.write(words[i]!, words[i + 1]!, words[i + 2]!);
  }
  return {};
}
