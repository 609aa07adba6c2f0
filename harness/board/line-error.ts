import { TokenrackError } from '../errors.js';
import { BoardError } from './board-error.js';

/** What the host was doing when a wait ended for a reason that is not the board's. */
export interface LineState {
  readonly board: string;
  readonly waitedFor: string;
  readonly lastLines: readonly string[];
}

/** The port closed or refused. `cause` is null when nobody said why. */
export function linkLost(state: LineState, cause: Error | null): BoardError {
  const why = cause === null ? 'the port was closed' : cause.message;
  const message = `board ${state.board}: the link ended (${why}) while the host waited for ${state.waitedFor}: check cable and power`;
  return new BoardError('link-lost', 'infra-fail', message, { ...state, cause });
}

/** The caller's signal. */
export function waitAborted(state: LineState, signal: AbortSignal | undefined): BoardError {
  const message = `board ${state.board}: stopped by the caller while the host waited for ${state.waitedFor}: run it again to get a result`;
  return new BoardError('aborted', 'inconclusive', message, { ...state, cause: signal?.reason });
}

export function consoleClosed(board: string): BoardError {
  const message = `board ${board}: its console is closed: open a new one`;
  return new BoardError('console-closed', 'harness-bug', message, { board });
}

/** The protocol is half duplex: a second wait beside the first is a mistake of the caller. */
export function consoleBusy(state: LineState, asked: string): TokenrackError {
  const message = `board ${state.board}: asked for ${asked} while waiting for ${state.waitedFor}: await one before the next`;
  return new TokenrackError('console-busy', 'harness-bug', message, { board: state.board });
}
