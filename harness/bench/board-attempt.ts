import { Capture } from '../board/capture.js';
import type { LinkTap } from '../board/console.js';
import { flashBuild } from '../board/flash.js';
import { hostTimers } from '../board/timers.js';
import { InfraError, toTokenrackError } from '../errors.js';
import type { Build } from '../image/build-folder.js';
import type { Lease } from '../lease/lease.js';
import { thisMachine } from '../lease/machine.js';
import { recordBuild } from '../rack/health-file.js';
import { knownAs } from '../rack/identity.js';
import { type PoweredBoard, powerBoard } from '../rack/power-board.js';
import { clockOf, type Rack, type RackBoard } from '../rack/rack-file.js';
import type { Attempt } from '../results/attempt.js';
import type { RunFolder } from '../results/run-folder.js';
import type { Failure } from '../results/verdict.js';
import { AttemptJournal } from './attempt-journal.js';
import { afterAttempt } from './board-health.js';
import type { BenchListener } from './events.js';

/** A board with power and the build in its flash. */
export interface FlashedBoard {
  readonly board: RackBoard;
  readonly link: PoweredBoard['link'];
  readonly journal: AttemptJournal;
  /** Records what passes on the link. */
  readonly tap: LinkTap;
  /** The user's interruption, or the loss of the lease. */
  readonly signal: AbortSignal;
}

/** What is done with every board of a run alike. */
export interface BoardWork {
  readonly build: Build;
  /** Folder that a virtual board has as its card, or its own; absent: no card. */
  readonly cardRoot?: (board: RackBoard) => string | undefined;
  /** What is done with the flashed board, from its reset to its last generation. */
  readonly conduct: (flashed: FlashedBoard) => Promise<void>;
  readonly folder: RunFolder;
}

export interface AttemptContext extends BoardWork {
  /** The board's, held until the last attempt has ended. */
  readonly lease: Lease;
  /** The board's own folder, with its health. */
  readonly home: string;
  readonly rack: Rack;
  readonly stateFolder: string;
  readonly retries: number;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}

/** Runs the plan on one board. An infra-fail is tried again up to `retries` times; every attempt is kept. */
export async function runOnBoard(board: RackBoard, context: AttemptContext): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    context.onEvent({ type: 'attempt', board: board.id, attempt });
    const failure = await makeAttempt(board, attempt, context);
    if (failure !== undefined) context.onEvent({ type: 'failure', failure });
    const signal = signalOf(context);
    const after = { home: context.home, open: () => power(board, context), signal };
    const mayRetry = await afterAttempt(board, failure, after, context);
    if (!mayRetry || attempt > context.retries || signal.aborted) return;
  }
}

/** The user's, and the lease's: a lost lease ends the attempt, and nothing further is done to the board. */
function signalOf({ signal, lease }: AttemptContext): AbortSignal {
  return AbortSignal.any([lease.signal, ...(signal === undefined ? [] : [signal])]);
}

async function makeAttempt(
  board: RackBoard,
  attempt: number,
  context: AttemptContext,
): Promise<(Failure & { readonly code: string }) | undefined> {
  const folder = await context.folder.makeAttemptFolder(board.id, attempt);
  const clock = clockOf(board);
  const journal = new AttemptJournal(folder, {
    board: board.id,
    attempt,
    startedAt: new Date().toISOString(),
    clock,
  });
  await journal.note({ lease: context.lease.record });
  await using capture = await Capture.open(folder);
  try {
    await useBoard(board, context, journal, capture);
    return undefined;
  } catch (error) {
    const failure = describeFailure(lossOf(context) ?? error, board.id, context.signal);
    await journal.note({ failure });
    return failure;
  } finally {
    await journal.letGo(
      context.lease.record,
      lossOf(context) === undefined ? thisMachine().nowUs() : undefined,
    );
  }
}

/** Explains whatever failed since. */
function lossOf({ lease }: AttemptContext): unknown {
  return lease.signal.aborted ? lease.signal.reason : undefined;
}

async function useBoard(
  board: RackBoard,
  context: AttemptContext,
  journal: AttemptJournal,
  tap: LinkTap,
): Promise<void> {
  await using powered = await power(board, context);
  try {
    await journal.note({ flash: await flash(board, powered, context) });
    await context.conduct({ board, link: powered.link, journal, tap, signal: signalOf(context) });
  } catch (error) {
    throw causeOf(powered, board) ?? error;
  }
}

function power(board: RackBoard, { stateFolder, lease, cardRoot }: AttemptContext): Promise<PoweredBoard> {
  const root = cardRoot?.(board);
  return powerBoard(board, { stateFolder, lease, ...(root === undefined ? {} : { cardRoot: root }) });
}

async function flash(
  board: RackBoard,
  powered: PoweredBoard,
  context: AttemptContext,
): Promise<Attempt['flash']> {
  const { onEvent, build, lease, home, rack } = context;
  await lease.assertHeld();
  await recordBuild(home, undefined);
  const result = await flashBuild(powered.link.stream, build, {
    expectedMac: board.mac,
    knownAs: knownAs(rack),
    onProgress: ({ doneBytes, totalBytes }) =>
      onEvent({ type: 'flash', board: board.id, doneBytes, totalBytes }),
    timers: { ...hostTimers, nowUs: () => powered.link.arrivalUs() },
    signal: signalOf(context),
  });
  await recordBuild(home, build.id);
  const { elapsedMs, mac, revision, baudRate, retries, skippedBytes, writtenBytes } = result;
  onEvent({ type: 'flashed', board: board.id, elapsedMs, skippedBytes, writtenBytes });
  return {
    mac,
    revision,
    baudRate,
    retries,
    elapsedMs,
    bytesWritten: writtenBytes,
    bytesSkipped: skippedBytes,
  };
}

/** A virtual board that died by itself explains better than the link that it left behind. */
function causeOf(powered: PoweredBoard, board: RackBoard): InfraError | undefined {
  const failure = powered.failure();
  if (failure === undefined) return undefined;
  return new InfraError('board-died', `${board.id}: the virtual board died: ${failure.message}`, {
    cause: failure,
  });
}

/** Whatever ends a run that the user interrupted is the interruption. What is no error of ours by name is a bug of ours. */
export function describeFailure(
  error: unknown,
  board: string,
  signal: AbortSignal | undefined,
): Failure & { readonly code: string } {
  if (signal?.aborted === true) {
    return { class: 'inconclusive', code: 'interrupted', message: `${board}: interrupted`, board };
  }
  const known = toTokenrackError(error);
  if (known !== undefined) {
    return { class: known.failureClass, code: known.code, message: known.message, board };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { class: 'harness-bug', code: 'exception', message: text.split('\n')[0]!, board, evidence: text };
}
