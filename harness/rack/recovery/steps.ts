import { setTimeout as pause } from 'node:timers/promises';
import type { SerialPortStream } from '@serialport/stream';
import { hardReset, releaseReset, setLines } from '../../board/reset-lines.js';
import { updateBaudRate } from '../../board/web-serial-adapter.js';
import { InfraError } from '../../errors.js';
import { powerCycle } from '../power/power-cycle.js';
import type { Reach } from './reach.js';
import type { RecoveryStep } from './report.js';

export type StepExecutor = (reach: Reach, signal: AbortSignal) => Promise<void>;

/** How long EN is held: ten times a usual reset, for a chip whose supply sags with it. */
const LONG_RESET_MS = 1000;

/** The ROM speaks within milliseconds; the rest is for a slow adapter or network. */
const BANNER_MS = 3000;

/** The ROM's first line: `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)`. */
const BANNER = /rst:0x[0-9a-f]+ \(/;

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

/** Listens for the ROM's first line while the board is being reset. */
async function expectBanner(
  stream: SerialPortStream,
  reset: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  await updateBaudRate(stream, 115_200);
  let text = '';
  let heard = (): void => {};
  const banner = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const listen = (bytes: Buffer): void => {
    text = (text + bytes.toString('latin1')).slice(-4096);
    if (BANNER.test(text)) heard();
  };
  stream.on('data', listen);
  stream.resume();
  const stop = new AbortController();
  try {
    await reset();
    const late = pause(BANNER_MS, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).then(() => {
      const came =
        text.trim() === '' ? 'nothing' : JSON.stringify(text.trim().split('\n').at(-1)!.slice(0, 80));
      throw new InfraError('no-banner', `no boot message within ${BANNER_MS} ms of the reset, but ${came}`);
    });
    late.catch(() => {}); // cut short below
    await Promise.race([banner, late]);
  } finally {
    stop.abort();
    stream.off('data', listen);
  }
}
