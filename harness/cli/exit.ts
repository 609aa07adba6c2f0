import { TokenrackError, toTokenrackError } from '../errors.js';
import { EXIT_CODES, type Failure } from '../results/verdict.js';

/**
 * Says what went wrong on standard error, one line for an expected failure, and sets the exit code. With `json`,
 * standard output gets its one object as well.
 */
export function exitWith(error: unknown, json: boolean): void {
  const failure = describe(error);
  process.stderr.write(`tokenrack: ${failure.class}: ${failure.evidence ?? failure.message}\n`);
  if (json)
    process.stdout.write(`${JSON.stringify({ verdict: failure.class, runs: [], failures: [failure] })}\n`);
  process.exitCode = EXIT_CODES[failure.class];
}

/** The object of `--json` when there is nothing but a failure to tell. */
export function jsonOf(failure: Failure): string {
  return `${JSON.stringify({ verdict: failure.class, runs: [], failures: [failure] })}\n`;
}

function describe(error: unknown): Failure {
  const known = toTokenrackError(error);
  if (known !== undefined) return { class: known.failureClass, message: known.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { class: 'harness-bug', message: text.split('\n')[0]!, evidence: text };
}

/** How long a library may go on with what it was doing after the user's interruption was dealt with. */
const AFTERMATH_MS = 1000;

let interrupted = false;

/** Ctrl-C and SIGTERM as an AbortSignal: boards are reset and run folders closed before the process ends. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    interrupted = true;
    controller.abort(new TokenrackError('interrupted', 'inconclusive', 'interrupted'));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return controller.signal;
}

/** Until the user interrupts; at once when that has happened already. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done());
  });
}

/** After an interruption, ends the process though a library's timer may still be running. */
export function leave(): void {
  if (interrupted) setTimeout(() => process.exit(), AFTERMATH_MS).unref();
}
