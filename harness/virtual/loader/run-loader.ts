import { type ChipParts, idle } from '../chip-parts.js';
import { characterUs, resample } from '../wire.js';
import { RomLoader } from './loader.js';
import type { LoaderEnd } from './protocol.js';

/**
 * Runs the serial loader until it is left, and says how. However it is left, what flash holds is kept.
 * @throws ExternalReset, PowerOff, PowerLost
 */
export function runLoader(parts: ChipParts): LoaderEnd {
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
    return feed(loader, parts);
  } finally {
    parts.keepFlash(flash);
  }
}

function feed(loader: RomLoader, parts: ChipParts): LoaderEnd {
  const { clock, counters, input, power, transmitter } = parts;
  let wireFreeUs = clock.totalUs;
  for (let measured = false; ; ) {
    for (const { bytes, baudRate } of input.takeBytes()) {
      // The ROM measures the rate of the first characters it hears.
      if (!measured) transmitter.setBaud(baudRate);
      measured = true;
      const heard = resample(bytes, baudRate, transmitter.baudRate);
      const part = power.lasts('receivedBytes', heard.length);
      const alive = heard.subarray(0, Math.floor(part * heard.length));
      counters.add('uartReceivedBytes', alive.length);
      // A host answers as soon as the last answer left: bytes arrive while the loader still works on earlier ones.
      wireFreeUs =
        Math.max(wireFreeUs, transmitter.freeAtUs) + alive.length * characterUs(transmitter.baudRate);
      clock.advanceTo(wireFreeUs);
      const end = loader.receive(alive);
      power.use('receivedBytes', heard.length);
      power.check();
      if (end !== 'continue') return leave(end, parts);
    }
    idle(parts);
  }
}

function leave(end: LoaderEnd, { transmitter }: ChipParts): LoaderEnd {
  transmitter.flush();
  return end;
}
