import { Capture } from '../board/capture.js';
import { readEnvironment } from '../config/environment.js';
import { TokenrackError } from '../errors.js';
import type { Waiting } from '../lease/lease.js';
import { leaseBoards } from '../rack/lease-boards.js';
import { clockOf, type RackBoard } from '../rack/rack-file.js';
import { AttemptJournal } from './attempt-journal.js';
import { type AttemptContext, type BoardWork, describeFailure, runOnBoard } from './board-attempt.js';
import { homeOf, restingBoards } from './resting-boards.js';
import type { RunOptions } from './run-options.js';

/**
 * Has every board do its part of a run, at once, each under its lease: all leases are held before the first board is touched, and until
 * the last attempt has ended. When one cannot be had, no board is touched, and that is each one's failure.
 */
export async function runOnBoards(
  title: string,
  boards: readonly RackBoard[],
  work: BoardWork,
  options: RunOptions,
): Promise<void> {
  await using held = await lease(title, boards, options).catch((error: unknown) =>
    giveUp(error, boards, work, options),
  );
  if (held === undefined) return;
  for (const [board, reason] of await restingBoards(boards, options))
    options.onEvent({ type: 'quarantined', board, reason });
  const contextOf = (board: RackBoard): AttemptContext => ({
    ...options,
    ...work,
    lease: held.of(board),
    home: homeOf(board, options),
  });
  await Promise.all(boards.map((board) => runOnBoard(board, contextOf(board))));
}

function lease(title: string, boards: readonly RackBoard[], options: RunOptions) {
  const { stateFolder, machineFolder = readEnvironment().machineFolder, signal, onEvent } = options;
  const { expectedMs, leaseTtlMs, leaseTimeoutMs, leases } = options;
  const terms = {
    what: `run ${title}`,
    onWaiting: (waiting: Waiting) => onEvent({ type: 'waiting', ...waiting }),
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(leaseTtlMs === undefined ? {} : { ttlMs: leaseTtlMs }),
    ...(leaseTimeoutMs === undefined ? {} : { timeoutMs: leaseTimeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  };
  return leaseBoards(boards, { stateFolder, machineFolder }, terms, leases);
}

/** An attempt each that came to nothing: the run says why it has no data. */
async function giveUp(
  error: unknown,
  boards: readonly RackBoard[],
  { folder }: BoardWork,
  { onEvent, signal }: RunOptions,
): Promise<undefined> {
  for (const board of boards) {
    const failure = describeWait(error, board.id, signal);
    const path = await folder.makeAttemptFolder(board.id, 1);
    const facts = { board: board.id, attempt: 1, startedAt: new Date().toISOString(), clock: clockOf(board) };
    await new AttemptJournal(path, facts).note({ failure });
    await using _empty = await Capture.open(path);
    onEvent({ type: 'failure', failure });
  }
}

/** Whoever was interrupted in line says for which board: this run never had one. */
function describeWait(error: unknown, board: string, signal: AbortSignal | undefined) {
  if (!(error instanceof TokenrackError) || error.code !== 'interrupted')
    return describeFailure(error, board, signal);
  return describeFailure(
    new TokenrackError('interrupted', error.failureClass, `${error.message}; no board was touched`),
    board,
    undefined,
  );
}
