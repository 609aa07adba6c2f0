import { type ErrorDetails, type FailureClass, TokenrackError } from '../errors.js';
import type { LogEvent } from './log-event.js';
import type { ErrRecord } from './records.js';

/**
 * - `board-panic`, `board-watchdog`, `board-reset`, `board-brownout`: the board ended what it was asked for.
 * - `image-fault`: ROM or bootloader refuse what is in flash. `in-loader`: the ROM loader has the UART.
 * - `board-silent`: it never answered. `board-hung`: it answered before, then no more.
 * - `link-lost`: the port closed. `link-damaged`: lines kept arriving torn, or commands kept arriving corrupt.
 * - `refused`: an `err` record. `protocol`: an answer that firmware/PROTOCOL.md does not allow.
 * - `aborted`: the caller's signal. `console-closed`: used after close().
 */
export type BoardErrorCode =
  | 'board-panic'
  | 'board-watchdog'
  | 'board-reset'
  | 'board-brownout'
  | 'image-fault'
  | 'in-loader'
  | 'board-silent'
  | 'board-hung'
  | 'link-lost'
  | 'link-damaged'
  | 'refused'
  | 'protocol'
  | 'aborted'
  | 'console-closed';

export interface BoardErrorDetails extends ErrorDetails {
  readonly board?: string;
  /** What the host waited for. */
  readonly waitedFor?: string;
  /** The event that ended the wait. */
  readonly event?: LogEvent;
  /** The board's refusal, at code `refused`. */
  readonly refusal?: ErrRecord;
  /** The last lines that came instead, oldest first. */
  readonly lastLines?: readonly string[];
}

/** What went wrong with one board while the host talked to it. `details` carries the evidence. */
export class BoardError extends TokenrackError {
  declare readonly code: BoardErrorCode;
  declare readonly details: BoardErrorDetails;

  constructor(
    code: BoardErrorCode,
    failureClass: FailureClass,
    message: string,
    details: BoardErrorDetails = {},
  ) {
    super(code, failureClass, message, details);
  }
}
