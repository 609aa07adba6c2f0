import type { Flashable } from '../board/flash-job.js';
import { TokenrackError } from '../errors.js';
import { boardFolder } from './board-folder.js';
import { checkBoard } from './check-board.js';
import { type CheckResult, failureText, passed, speaksAgainst } from './check-result.js';
import type { Health } from './health.js';
import { readHealth, recordBuild, recordOutcome, recordSeen, release } from './health-file.js';
import { knownAs } from './identity.js';
import { type BoardHomes, type LeaseTerms, leaseBoard } from './lease-boards.js';
import { powerBoard } from './power-board.js';
import type { Rack, RackBoard } from './rack-file.js';
import { isBoardsOwn } from './recovery/recover.js';
import { ownCard } from './start-virtual-board.js';

export interface RackCheckOptions {
  readonly rack: Pick<Rack, 'boards' | 'path'>;
  readonly homes: BoardHomes;
  readonly terms: LeaseTerms;
  /** To be flashed first. */
  readonly build?: Flashable;
  readonly power: boolean;
  /** A board that passes leaves quarantine though its time is not over. */
  readonly release: boolean;
  readonly signal?: AbortSignal;
}

export interface RackCheck extends CheckResult {
  readonly board: string;
  readonly mac: string;
  readonly passed: boolean;
  /** After the check. */
  readonly health: Health;
}

/**
 * Checks one board under its lease, and keeps what follows for its health: a check that passes ends probation, one that fails counts.
 * A board that is somebody else's, that another one stands in for, or that has not our firmware, has failed its check, and nothing is kept of it.
 * @throws the reason of `signal`; ConfigError; a bug
 */
export async function checkUnderLease(board: RackBoard, options: RackCheckOptions): Promise<RackCheck> {
  const home = boardFolder(board, options.homes);
  try {
    const result = await checkLeased(board, home, options);
    const health = await keep(board, home, result, options);
    return { board: board.id, mac: board.mac, passed: passed(result), ...result, health };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof TokenrackError) || error.failureClass !== 'infra-fail') throw error;
    const finding = { check: 'identity', state: 'fail', text: error.message } as const;
    const result = { findings: [finding], figures: {} };
    const counts = isBoardsOwn(error.code);
    const health = counts ? await keep(board, home, result, options) : await readHealth(home);
    return { board: board.id, mac: board.mac, passed: false, ...result, health };
  }
}

async function checkLeased(
  board: RackBoard,
  home: string,
  { rack, homes, terms, build, power, signal }: RackCheckOptions,
): Promise<CheckResult> {
  await using lease = await leaseBoard(board, homes, terms);
  if (build !== undefined) await recordBuild(home, undefined);
  const result = await checkBoard(board, {
    lease,
    open: () => powerBoard(board, { stateFolder: homes.stateFolder, lease, cardRoot: ownCard }),
    power,
    knownAs: knownAs(rack),
    ...(build === undefined ? {} : { build }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.figures.build !== undefined) await recordBuild(home, result.figures.build);
  return result;
}

async function keep(
  board: RackBoard,
  home: string,
  result: CheckResult,
  options: RackCheckOptions,
): Promise<Health> {
  const { mac } = result.figures;
  if (mac !== undefined && mac !== board.mac) return readHealth(home);
  if (mac !== undefined) await recordSeen(home);
  const reason = failureText(result);
  if (reason !== undefined && !speaksAgainst(result)) return readHealth(home);
  if (reason !== undefined)
    return recordOutcome(home, { kind: 'infra-fail', reason: `check: ${reason}`, beyondRecovery: false });
  const health = await recordOutcome(home, { kind: 'passed', by: 'check' });
  return health.state === 'quarantined' && options.release ? release(home) : health;
}
