import { TokenrackError } from '../errors.js';
import { isSilence } from './command-session.js';

/** A probe whose record came damaged is measured again, so often. */
const attempts = 4;

/** Repeats a measurement that a noisy line lost; what else goes wrong is not the line's, and is thrown. */
export async function retrying<T>(measure: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure();
    } catch (error) {
      if (!isSilence(error) || attempt === attempts) throw error;
    }
  }
}

/** The reason for a measurement's absence, or undefined when the error is more than that: the session is over. */
export function refusalText(error: unknown): string | undefined {
  return error instanceof TokenrackError && error.code === 'refused' ? error.message : undefined;
}
