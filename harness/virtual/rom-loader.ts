import type { ChipIdentity } from './chip-identity.js';
import type { FlashChip } from './flash-chip.js';

export interface RomLoaderDeps {
  readonly flash: FlashChip;
  readonly chip: ChipIdentity;
  /** Queues bytes for the UART. */
  send(bytes: Uint8Array): void;
  /** Changes the UART's rate, after what was sent so far has left at the old one. */
  setBaud(rate: number): void;
  /** Charges modelled time for work (erase, program, MD5) before the answer that follows. */
  advanceUs(us: number): void;
}

/** The ESP32's serial loader: a push parser over what the host sends. Make a new one at each reset into download mode. */
export class RomLoader {
  constructor(_deps: RomLoaderDeps) {}

  /** Takes bytes from the UART in pieces of any size. `reboot`: the host asked to run the flashed program. */
  receive(_bytes: Uint8Array): 'continue' | 'reboot' {
    throw new Error('the ROM loader is not written yet');
  }
}
