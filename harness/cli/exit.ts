import { TokenrackError } from '../errors.js';
import { EXIT_CODES } from '../results/verdict.js';

/** Says what went wrong on standard error, one line for an expected failure, and sets the exit code. */
export function exitWith(error: unknown): void {
  if (error instanceof TokenrackError) {
    process.stderr.write(`tokenrack: ${error.failureClass}: ${error.message}\n`);
    process.exitCode = EXIT_CODES[error.failureClass];
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`tokenrack: harness-bug: ${text}\n`);
  process.exitCode = EXIT_CODES['harness-bug'];
}

/** Ctrl-C and SIGTERM as an AbortSignal: boards are reset and run folders closed before the process ends. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new TokenrackError('interrupted', 'inconclusive', 'interrupted'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return controller.signal;
}
