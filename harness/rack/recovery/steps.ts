import { setTimeout as pause } from 'node:timers/promises';
import { hardReset, releaseReset, setLines } from '../../board/reset-lines.js';
import { InfraError } from '../../errors.js';
import { powerCycle } from '../power/power-cycle.js';
import { expectBanner } from './banner.js';
import type { Reach } from './reach.js';
import type { RecoveryStep } from './report.js';

export type StepExecutor = (reach: Reach, signal: AbortSignal) => Promise<void>;

/** How long EN is held: ten times a usual reset, for a chip whose supply sags with it. */
const LONG_RESET_MS = 1000;

/** What each rung does. None of them writes to flash. They reject when they could not be done. */
export const stepExecutors: Readonly<Record<RecoveryStep, StepExecutor>> = {
  async reset(reach, signal) {
    const { stream } = await reach.link();
    await expectBanner(stream, () => hardReset(stream), signal);
  },
  async 'long-reset'(reach, signal) {
    const { stream } = await reach.link();
    const longReset = async (): Promise<void> => {
      await setLines(stream, false, true);
      await pause(LONG_RESET_MS);
      await releaseReset(stream);
    };
    await expectBanner(stream, longReset, signal);
  },
  reopen: (reach) => reach.reopen(),
  'port-power': switchOffAndOn,
  'power-hook': switchOffAndOn,
};

async function switchOffAndOn(reach: Reach, signal: AbortSignal): Promise<void> {
  const power = await reach.power();
  if (power === undefined)
    throw new InfraError('no-power-control', `${reach.board.id}: nothing switches its power`);
  const ownSupply = reach.board.power === undefined;
  // A real board's adapter loses its power as well: an open port would be dead afterwards.
  if (!ownSupply) await reach.close();
  await powerCycle(power, { signal });
  if (!ownSupply) await reach.reopen();
}
