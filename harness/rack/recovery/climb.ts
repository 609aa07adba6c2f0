import { TokenrackError } from '../../errors.js';
import type { Lease } from '../../lease/lease.js';
import type { PoweredBoard } from '../power-board.js';
import type { RackBoard } from '../rack-file.js';
import { askChip } from '../scan-identify.js';
import { decide, type RecoveryOutcome, rungsOf, type Sight } from './ladder.js';
import { Reach } from './reach.js';
import type { RecoveryReport, RecoveryStep } from './report.js';
import { type StepExecutor, stepExecutors } from './steps.js';

export interface ClimbOptions {
  /** Nobody else has the board. Looked at before every rung. */
  readonly lease: Pick<Lease, 'assertHeld' | 'signal'>;
  /** Opens the board's port where it is now, or starts a virtual board. */
  readonly open: () => Promise<PoweredBoard>;
  /** Told of each rung as it was tried. */
  readonly onStep?: (report: RecoveryReport) => void;
  /** For all of it; default 2 minutes. */
  readonly timeoutMs?: number;
  /** How long the loader is asked for an answer after each rung; default 10 s. */
  readonly lookMs?: number;
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly executors?: Readonly<Record<RecoveryStep, StepExecutor>>;
  readonly look?: (reach: Reach, options: LookOptions) => Promise<Seen>;
}

export interface LookOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Recovery {
  readonly outcome: RecoveryOutcome;
  readonly steps: readonly RecoveryReport[];
  /** Why, when it is not back. */
  readonly reason?: string;
}

export interface Seen {
  readonly sight: Sight;
  /** What was seen instead of the board. */
  readonly why?: string;
}

const TIMEOUT_MS = 120_000;

/** esptool-js tries seven resets into the loader, about a second each. */
const LOOK_MS = 10_000;

/**
 * Tries to bring a board back that failed: rung by rung, until its ROM loader answers with its own MAC. Never flashes.
 * Resolves whatever the board does. @throws the reason of `signal` or of the lease's
 */
export async function climb(board: RackBoard, options: ClimbOptions): Promise<Recovery> {
  const { lease, open, timeoutMs = TIMEOUT_MS, onStep = () => {} } = options;
  const stop = AbortSignal.any([lease.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([stop, deadline]);
  await using reach = new Reach(board, open, signal);
  const steps: RecoveryReport[] = [];
  let seen: Seen = { sight: 'nothing' };
  for (;;) {
    const decision = decide(rungsOf(board), steps, seen.sight);
    if (decision.do === 'end') return ended(decision.outcome, steps, seen.why);
    if (deadline.aborted) return ended('beyond-recovery', steps, `not back within ${timeoutMs / 1000} s`);
    await lease.assertHeld();
    const startMs = performance.now();
    const tried = await tryStep(decision.step, reach, signal, options);
    stop.throwIfAborted();
    seen = tried.seen;
    const report = reportOf(decision.step, tried, performance.now() - startMs);
    steps.push(report);
    onStep(report);
  }
}

function ended(
  outcome: RecoveryOutcome,
  steps: readonly RecoveryReport[],
  why: string | undefined,
): Recovery {
  return { outcome, steps, ...(outcome === 'back' || why === undefined ? {} : { reason: why }) };
}

interface Tried {
  readonly seen: Seen;
  /** What kept the step from being done. */
  readonly failed?: string;
}

/** A step that failed may have helped all the same: what counts is what answers afterwards. */
async function tryStep(
  step: RecoveryStep,
  reach: Reach,
  signal: AbortSignal,
  { executors = stepExecutors, look = lookThroughLoader, lookMs = LOOK_MS }: ClimbOptions,
): Promise<Tried> {
  const failed = await executors[step](reach, signal).then(() => undefined, describe);
  const looking = look(reach, { timeoutMs: lookMs, signal });
  const seen = await abortable(looking, signal).catch(
    (error): Seen => ({ sight: 'nothing', why: describe(error) }),
  );
  return { seen, ...(failed === undefined ? {} : { failed }) };
}

function reportOf(step: RecoveryStep, { seen, failed }: Tried, elapsedMs: number): RecoveryReport {
  const fixed = seen.sight === 'board';
  const error = fixed ? failed : (seen.why ?? failed);
  return { step, elapsedMs: Math.round(elapsedMs), fixed, ...(error === undefined ? {} : { error }) };
}

async function lookThroughLoader(reach: Reach, options: LookOptions): Promise<Seen> {
  const answer = await askChip(await reach.link(), options);
  if (answer.kind === 'none') return { sight: 'nothing', why: answer.message };
  const { mac } = answer;
  if (mac === reach.board.mac) return { sight: 'board' };
  return { sight: 'other-board', why: `${mac} answers at its port, not ${reach.board.mac}` };
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {}); // what it fails with after an abort says nothing new
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function describe(error: unknown): string {
  if (error instanceof TokenrackError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
