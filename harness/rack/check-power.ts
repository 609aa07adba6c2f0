import { setTimeout as pause } from 'node:timers/promises';
import { hardReset } from '../board/reset-lines.js';
import { InfraError } from '../errors.js';
import type { OpenLink } from '../link/link.js';
import type { Checked, CheckedBoard } from './checked-board.js';
import { OFF_MS } from './power/power-cycle.js';
import type { PowerSwitch } from './power/power-switch.js';
import { expectBanner } from './recovery/banner.js';

/** Switched off, nothing answers; switched on, the ROM speaks: a hub may say that it switched and do nothing. */
export async function checkPower(checked: CheckedBoard): Promise<Checked> {
  const { reach, options } = checked;
  if (!options.power) return skipped('not asked for: --power');
  const power = await reach.power();
  if (power === undefined) return skipped('nothing switches it');
  const drops = await dropsWhenOff(power, checked);
  if (!drops) {
    const text = `${power.what} was switched off, and the board still ran`;
    const next = 'is that its port? A board may be fed by its adapter, or by another cable';
    return { finding: { check: 'power', state: 'fail', text, next } };
  }
  const { stream } = await reach.link();
  await expectBanner(stream, () => hardReset(stream), checked.signal);
  return { finding: { check: 'power', state: 'pass', text: `${power.what} switches it` } };
}

/** Leaves it on, whatever happens, and the port open. */
async function dropsWhenOff(power: PowerSwitch, { board, reach, signal }: CheckedBoard): Promise<boolean> {
  const ownSupply = board.power === undefined;
  if (!ownSupply) await reach.close();
  try {
    await power.off({ signal });
    await pause(OFF_MS, undefined, { signal });
    const link = await reach.link().catch(portGone);
    return link === undefined || (await isSilent(link, signal));
  } finally {
    await power.on();
    if (!ownSupply) await reach.reopen();
  }
}

/** The adapter lost its power with the board. */
function portGone(error: unknown): undefined {
  if (error instanceof InfraError) return undefined;
  throw error;
}

async function isSilent({ stream }: OpenLink, signal: AbortSignal): Promise<boolean> {
  try {
    await expectBanner(stream, () => hardReset(stream), signal);
    return false;
  } catch (error) {
    signal.throwIfAborted();
    // `no-banner`, or lines that a port without power does not set.
    if (error instanceof InfraError) return true;
    throw error;
  }
}

function skipped(text: string): Checked {
  return { finding: { check: 'power', state: 'skipped', text } };
}
