import { TokenrackError } from '../errors.js';
import type { BoardOutcome } from '../rack/health.js';
import { recordOutcome } from '../rack/health-file.js';
import type { PoweredBoard } from '../rack/power-board.js';
import type { RackBoard } from '../rack/rack-file.js';
import { isBoardsOwn, recover } from '../rack/recovery/recover.js';
import type { Failure } from '../results/verdict.js';
import type { AttemptContext } from './board-attempt.js';

export interface AfterAttempt {
  /** The board's own folder. */
  readonly home: string;
  /** Opens the board as the attempt did. */
  readonly open: () => Promise<PoweredBoard>;
  readonly signal: AbortSignal;
}

/**
 * Keeps what an attempt says of its board, and brings a board back that failed. Resolves to whether another attempt has a chance.
 * A product-fail is the build's, and an inconclusive end nobody's; neither counts against the board.
 */
export async function afterAttempt(
  board: RackBoard,
  failure: (Failure & { readonly code: string }) | undefined,
  { home, open, signal }: AfterAttempt,
  { lease, onEvent }: Pick<AttemptContext, 'lease' | 'onEvent'>,
): Promise<boolean> {
  if (failure === undefined || failure.class === 'product-fail') {
    await recordOutcome(home, { kind: 'passed', by: 'job' });
    return false;
  }
  if (failure.class !== 'infra-fail') return false;
  if (!isBoardsOwn(failure.code) || signal.aborted) return true;
  try {
    const back = await bringBack(board, failure.code, { home, open, signal }, { lease, onEvent });
    const outcome = outcomeOf(failure, back);
    const { state, quarantine } = await recordOutcome(home, outcome);
    if (state === 'quarantined' && quarantine !== undefined)
      onEvent({ type: 'quarantined', board: board.id, reason: quarantine.reason });
    return back;
  } catch (error) {
    if (signal.aborted || error instanceof TokenrackError) return false;
    throw error;
  }
}

/** The board that was meant is not at fault for the one that was found. */
function outcomeOf(
  { code, message: reason }: Failure & { readonly code: string },
  back: boolean,
): BoardOutcome {
  if (code === 'wrong-board') return { kind: 'misplaced', reason };
  return { kind: 'infra-fail', reason, beyondRecovery: !back };
}

/** A stranger at the board's port is somebody else's: not even its reset line is touched. */
async function bringBack(
  board: RackBoard,
  code: string,
  { home, open, signal }: AfterAttempt,
  { lease, onEvent }: Pick<AttemptContext, 'lease' | 'onEvent'>,
): Promise<boolean> {
  if (code === 'wrong-board') return false;
  const { outcome } = await recover(board, home, {
    lease,
    open,
    signal,
    onStep: (report) => onEvent({ type: 'recovery', board: board.id, ...report }),
  });
  return outcome === 'back';
}
