import { setTimeout as pause } from 'node:timers/promises';
import type { SerialPortStream } from '@serialport/stream';
import { updateBaudRate } from '../../board/web-serial-adapter.js';
import { InfraError } from '../../errors.js';

/** The ROM speaks within milliseconds; the rest is for a slow adapter or network. */
const BANNER_MS = 3000;

/** The ROM's first line: `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)`. */
const BANNER = /rst:0x[0-9a-f]+ \(/;

/**
 * Listens for the ROM's first line while the board is being reset, or given its power.
 * @throws InfraError `no-banner` saying what came instead; the signal's abort
 */
export async function expectBanner(
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
