import { type ChipParts, idle } from '../chip-parts.js';
import { anyBaud, characterUs, resample } from '../wire.js';
import { RomLoader } from './loader.js';

/**
 * Runs the serial loader until it wants to start what is flashed. However it is left, what flash holds is kept.
 * @throws ExternalReset, PowerOff
 */
export function runLoader(parts: ChipParts): void {
  const { chip, clock, flash, transmitter } = parts;
  parts.tell({ kind: 'loader' });
  const loader = new RomLoader({
    flash,
    chip,
    send: (bytes) => transmitter.write(bytes),
    setBaud(rate) {
      transmitter.flush();
      transmitter.setBaud(rate);
    },
    advanceUs: (us) => clock.advance(us),
  });
  try {
    feed(loader, parts);
  } finally {
    parts.keepFlash(flash);
  }
  transmitter.flush();
}

function feed(loader: RomLoader, parts: ChipParts): void {
  const { clock, counters, input, transmitter } = parts;
  for (let measured = false; ; ) {
    for (const { bytes, baudRate } of input.takeBytes()) {
      // The ROM measures the rate of the first characters it hears.
      if (!measured && baudRate !== anyBaud) transmitter.setBaud(baudRate);
      measured = true;
      const heard = resample(bytes, baudRate, transmitter.baudRate);
      counters.add('uartReceivedBytes', heard.length);
      clock.advance(heard.length * characterUs(transmitter.baudRate));
      if (loader.receive(heard) === 'reboot') return;
    }
    idle(parts);
  }
}
