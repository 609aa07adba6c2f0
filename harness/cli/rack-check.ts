import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { type Build, readBuild } from '../image/build-folder.js';
import { boardFolder } from '../rack/board-folder.js';
import { checkUnderLease, type RackCheck } from '../rack/check.js';
import { type CheckName, checkNames, type Finding } from '../rack/check-result.js';
import { findRack } from '../rack/find-rack.js';
import { readHealth, release } from '../rack/health-file.js';
import { clockOf, type Rack, type RackBoard, selectBoards } from '../rack/rack-file.js';
import { EXIT_CODES } from '../results/verdict.js';
import { plainTable } from '../sinks/plain-table.js';
import { interruptSignal } from './exit.js';
import { stateText } from './health-text.js';
import { WaitingLine } from './waiting-line.js';

export interface CheckFlags {
  readonly rack?: string;
  readonly power?: boolean;
  readonly flash?: string | true;
  readonly release?: boolean;
  readonly wait?: number;
  readonly json?: boolean;
}

/** Checks boards at the same time, prints a row for each, and sets exit code 3 when one of them failed. */
export async function checkBoards(ids: readonly string[], flags: CheckFlags): Promise<void> {
  const rack = await findRack(flags.rack);
  const boards = boardsOf(rack, ids);
  const buildFor = await builds(boards, flags.flash);
  const signal = interruptSignal();
  const line = new WaitingLine(process.stderr);
  const checkOne = async (board: RackBoard): Promise<RackCheck> => {
    const build = buildFor(board);
    return checkUnderLease(board, {
      rack,
      homes: readEnvironment(),
      terms: {
        what: 'rack check',
        onWaiting: (waiting) => line.show(waiting),
        signal,
        ...(flags.wait === undefined ? {} : { timeoutMs: flags.wait * 1000 }),
      },
      power: flags.power === true,
      release: flags.release === true,
      signal,
      ...(build === undefined ? {} : { build }),
    });
  };
  const checks = await Promise.all(boards.map(checkOne)).finally(() => line.end());
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ rack: rack.path, boards: checks })}\n`);
  else process.stdout.write(`${format(checks)}\n`);
  if (checks.some((check) => !check.passed)) process.exitCode = EXIT_CODES['infra-fail'];
}

/** Puts boards back from quarantine, and says why they were there. */
export async function releaseBoards(
  ids: readonly string[],
  flags: { readonly rack?: string; readonly json?: boolean },
): Promise<void> {
  const boards = selectBoards(await findRack(flags.rack), ids);
  const released = [];
  for (const board of boards) {
    const home = boardFolder(board, readEnvironment());
    const before = await readHealth(home);
    await release(home);
    released.push({ board: board.id, was: before.state, ...before.quarantine });
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ released })}\n`);
  else
    for (const { board, was, reason, since } of released) {
      const why = reason === undefined ? 'was good' : `was ${stateText(was)} since ${since}: ${reason}`;
      process.stdout.write(`${board}: good now; ${why}\n`);
    }
}

/** @throws ConfigError for a board that is on another machine's desk */
function boardsOf({ path, hosts, boards }: Rack, ids: readonly string[]): RackBoard[] {
  const local = boards.filter((board) => board.rack_host === undefined);
  if (ids.length === 0 && local.length > 0) return local;
  const named = selectBoards({ path, hosts, boards }, ids);
  const remote =
    named.find((board) => board.rack_host !== undefined) ?? (ids.length === 0 ? boards[0] : undefined);
  if (remote === undefined) return named;
  const message = `${remote.id} is on ${remote.rack_host}: run tokenrack rack check there`;
  throw new ConfigError('remote-board', message, { board: remote.id });
}

/** @throws ConfigError when a board is to be flashed and nobody said with what */
async function builds(
  boards: readonly RackBoard[],
  flash: string | true | undefined,
): Promise<(board: RackBoard) => Build | undefined> {
  if (flash === undefined) return () => undefined;
  const build = flash === true ? await buildVirtualFirmware() : readBuild(flash);
  const isVirtual = build.app.idfVersion === 'virtual';
  const unfit = boards.find((board) => (clockOf(board) === 'modelled') !== isVirtual);
  if (unfit === undefined) return () => build;
  const kind = isVirtual ? 'a virtual board' : 'a real board';
  const message = `${unfit.id} needs another build than one for ${kind}: name the boards that build ${build.id} is for`;
  throw new ConfigError('build-unfit', message, { board: unfit.id });
}

function format(checks: readonly RackCheck[]): string {
  const heads = ['board', ...checkNames, 'health', 'what to do'].map((head) => ({ head }));
  return plainTable(
    heads,
    checks.map((check) => [
      check.board,
      ...checkNames.map((name) => cell(name, check)),
      stateText(check.health.state),
      toDo(check),
    ]),
  );
}

function cell(name: CheckName, { findings, figures }: RackCheck): string {
  const finding = findings.find(({ check }) => check === name);
  if (finding === undefined || finding.state === 'skipped') return '-';
  if (finding.state === 'fail') return 'FAIL';
  const { build, cardMegabytesPerSecond: rate, psramBytes, psramTestedBytes, baudRate } = figures;
  if (name === 'boot' && build !== undefined) return build;
  if (name === 'card' && rate !== undefined) return `${rate.toFixed(1)} MB/s`;
  if (name === 'psram' && psramTestedBytes !== undefined) return finding.text;
  if (name === 'psram' && psramBytes !== undefined) return `${(psramBytes / 1e6).toFixed(1)} MB`;
  return name === 'uart' && baudRate !== undefined ? String(baudRate) : 'ok';
}

function toDo({ board, findings, health }: RackCheck): string {
  const open = findings.filter(
    ({ state, next }) => state === 'fail' || (state === 'pass' && next !== undefined),
  );
  const texts = open.map(describe);
  if (open.length === 0 && health.state === 'quarantined')
    texts.push(`in quarantine: ${health.quarantine?.reason}; rack check ${board} --release puts it back`);
  if (health.note !== undefined) texts.push(health.note);
  return texts.join('; ');
}

function describe({ state, check, text, next }: Finding): string {
  if (state === 'pass') return `${check}: ${next}`;
  return `${check}: ${text}${next === undefined ? '' : ` -> ${next}`}`;
}
