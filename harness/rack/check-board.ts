import { BoardConsole } from '../board/console.js';
import { fastestBaud } from '../board/fastest-baud.js';
import { abortable } from '../board/probe-console.js';
import { hostTimers } from '../board/timers.js';
import { PatternTap } from '../board/uart-probe.js';
import { TokenrackError } from '../errors.js';
import { checkBoot, checkIdentity, flashFirst } from './check-chip.js';
import { checkCard, checkUart } from './check-parts.js';
import { checkPower } from './check-power.js';
import { checkPsram } from './check-psram.js';
import {
  type CheckFigures,
  type CheckName,
  type CheckResult,
  checkNames,
  type Finding,
} from './check-result.js';
import { type Checked, type CheckedBoard, type CheckOptions, failed } from './checked-board.js';
import type { RackBoard } from './rack-file.js';
import { Reach } from './recovery/reach.js';

/**
 * The health probe of one board: who it is, whether our firmware boots, card, PSRAM, wire, power. What is wrong with the board is
 * the result. Flashes only `build`. @throws what ended it from outside: the lease, the user; a bug
 */
export async function checkBoard(board: RackBoard, options: CheckOptions): Promise<CheckResult> {
  const signals = [options.lease.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  await options.lease.assertHeld();
  await using reach = new Reach(board, options.open, signal);
  const checked: CheckedBoard = { board, reach, options, signal };
  const results: Checked[] = [];
  const add = (one: Checked): boolean => {
    results.push(one);
    return one.stop !== true;
  };
  if (add(await attempt('identity', signal, () => checkIdentity(checked)))) {
    await checkApp(checked, add);
    add(await attempt('power', signal, () => checkPower(checked)));
  }
  return resultOf(results);
}

async function checkApp(checked: CheckedBoard, add: (one: Checked) => boolean): Promise<void> {
  const { board, reach, signal } = checked;
  const flashed = await attempt('boot', signal, () => flashFirst(checked));
  if (flashed.stop === true) {
    add(flashed);
    return;
  }
  const link = await reach.link();
  const tap = new PatternTap();
  const timers = { ...hostTimers, nowUs: () => link.arrivalUs() };
  await using console = new BoardConsole(link.stream, { board: board.id, tap, timers });
  if (!add(await attempt('boot', signal, () => checkBoot(console, checked)))) return;
  const probes = abortable(console, signal);
  add(await attempt('card', signal, () => checkCard(console, signal)));
  add(await attempt('psram', signal, () => checkPsram(probes)));
  const baudRate = await fastestBaud(console, { signal }).catch(() => 115_200);
  add(
    await attempt('uart', signal, () => checkUart({ console: probes, stream: link.stream, tap }, baudRate)),
  );
}

/** What the lab's equipment fails with is a finding; what ends the check from outside ends it. */
async function attempt(
  check: CheckName,
  signal: AbortSignal,
  look: () => Promise<Checked>,
): Promise<Checked> {
  try {
    return await look();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TokenrackError) || error.failureClass === 'harness-bug') throw error;
    if (error.failureClass === 'config-error') throw error;
    return failed(check, error.message);
  }
}

/** What was not reached is said to be so. */
function resultOf(results: readonly Checked[]): CheckResult {
  const findings = checkNames.map((check): Finding => {
    const found = results.find(({ finding }) => finding.check === check);
    return found?.finding ?? { check, state: 'skipped', text: 'not reached' };
  });
  return { findings, figures: Object.assign({}, ...results.map(({ figures }) => figures)) as CheckFigures };
}
