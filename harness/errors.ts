/** The classes a run can fail with; each has its exit code (DESIGN "Verdicts"). */
export type FailureClass = 'product-fail' | 'infra-fail' | 'config-error' | 'harness-bug' | 'inconclusive';

export interface ErrorDetails {
  readonly cause?: unknown;
  /** Structured facts for logs and JSON: board, phase, elapsedMs, path, line, ... */
  readonly [detail: string]: unknown;
}

/**
 * Base of every error tokenrack raises on purpose. `message` is one line that says what failed, where, and
 * what to do next; `code` is a stable literal for programs; `failureClass` decides the verdict and exit code.
 */
export class TokenrackError extends Error {
  readonly code: string;
  readonly failureClass: FailureClass;
  readonly details: ErrorDetails;

  constructor(code: string, failureClass: FailureClass, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.failureClass = failureClass;
    this.details = details;
  }
}

/** The user's input cannot work: found before any board time is spent. Exit code 2. */
export class ConfigError extends TokenrackError {
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(code, 'config-error', message, details);
  }
}

/** The lab's equipment failed, not the build under test. Exit code 3. */
export class InfraError extends TokenrackError {
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(code, 'infra-fail', message, details);
  }
}

/** The code of errors that say that a machine can write nothing more, whichever job it is about. */
export const DISK_FULL = 'disk-full';

const DISK_TROUBLE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
};

/** What else the system says when the machine, not the program, is at fault. */
const MACHINE_TROUBLE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'too many open files',
  EIO: 'the disk does not answer',
  ENOTDIR: 'a file is where a folder should be',
  ELOOP: 'symbolic links lead in a circle',
};

/** The same of a folder that cannot be made; elsewhere these are what a program should have expected. */
const NO_FOLDER: Readonly<Record<string, string>> = {
  ENOENT: 'no folder can be made',
  EEXIST: 'a file is where a folder should be',
};

/**
 * Our own errors as they are, the system's as an infra-fail that says so; undefined for anything else: a bug. Of two errors, the second of which
 * came while something was let go of because of the first, the first counts.
 */
export function toTokenrackError(error: unknown): TokenrackError | undefined {
  if (error instanceof TokenrackError) return error;
  if (isSuppressedError(error)) return toTokenrackError(error.suppressed);
  const { code = '', path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const full = DISK_TROUBLE[code];
  const trouble = full ?? MACHINE_TROUBLE[code] ?? (syscall === 'mkdir' ? NO_FOLDER[code] : undefined);
  if (trouble === undefined) return undefined;
  const where = path === undefined ? '' : ` at ${path}`;
  const ours = full === undefined ? 'machine-trouble' : DISK_FULL;
  return new InfraError(ours, `${trouble}${where} (${code})`, { cause: error });
}

/** What it means that a folder which the user named could not be written: the machine's fault when its disk takes nothing more, else the user's. */
export function unwritable(code: string, message: string, details: ErrorDetails): TokenrackError {
  const trouble = toTokenrackError(details.cause);
  if (trouble?.code !== DISK_FULL) return new ConfigError(code, message, details);
  // The system names no path when a file that is open takes no more.
  return new InfraError(DISK_FULL, `${trouble.message}: ${message}`, details);
}

/** By its name: where the engine has no such class, the compiler's `await using` makes a plain error of it. */
function isSuppressedError(error: unknown): error is Error & { readonly suppressed: unknown } {
  return error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error;
}
