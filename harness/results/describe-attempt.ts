import type { Attempt } from './attempt.js';
import type { ResultAttempt } from './result.js';

/** What the capture of an attempt says of the attempt as a whole. */
export interface CaptureFacts {
  /** What the board sent from the app's first byte on. */
  readonly uartBytes: number;
  /** Machine lines that arrived damaged; absent for a firmware that sends none. */
  readonly tornLines?: number;
  /** Board time that loading the model took. */
  readonly loadUs?: number;
}

/** An attempt for the result. What it did not come to is absent, and so is what its capture can no longer tell. */
export function describeAttempt(attempt: Attempt, capture?: CaptureFacts): ResultAttempt {
  const { board, attempt: number, startedAt, flash, failure } = attempt;
  const remade = remadeOf(attempt);
  return {
    board,
    attempt: number,
    startedAt,
    ...(flash === undefined ? {} : { flash: flashOf(flash) }),
    ...provisionOf(attempt),
    ...(capture?.loadUs === undefined ? {} : { loadUs: capture.loadUs }),
    ...(capture === undefined ? {} : { uart: uartOf(capture) }),
    ...(remade === undefined ? {} : { remade }),
    ...(failure === undefined ? {} : { failure: failureOf(failure) }),
  };
}

/** None made again is a fact only where generations were made, by a session that makes them again. */
function remadeOf({ remade, nonce, calls }: Attempt): number | undefined {
  return remade ?? (nonce !== undefined && calls.length > 0 ? 0 : undefined);
}

function flashOf({ elapsedMs, bytesWritten, bytesSkipped, revision }: NonNullable<Attempt['flash']>) {
  const known = revision === undefined ? {} : { chipRevision: revision };
  return { elapsedMs, bytesWritten, bytesSkipped, ...known };
}

function provisionOf({ provision }: Attempt): Pick<ResultAttempt, 'provision'> {
  if (provision === undefined) return {};
  const { mode, elapsedUs, bytesSent, wireBytes, wireEfficiency } = provision;
  return {
    provision: {
      mode,
      ...(elapsedUs === undefined ? {} : { elapsedUs }),
      ...(bytesSent === undefined ? {} : { bytesSent }),
      ...(wireBytes === undefined ? {} : { wireBytes }),
      ...(wireEfficiency === undefined ? {} : { wireEfficiency }),
    },
  };
}

function uartOf({ uartBytes, tornLines }: CaptureFacts): NonNullable<ResultAttempt['uart']> {
  return { bytes: uartBytes, ...(tornLines === undefined ? {} : { torn: tornLines }) };
}

function failureOf({ class: kind, code, message }: NonNullable<Attempt['failure']>) {
  return { class: kind, ...(code === undefined ? {} : { code }), message };
}
