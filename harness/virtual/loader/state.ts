import type { ChipIdentity } from '../chip-identity.js';
import type { FlashChip } from '../flash-chip.js';
import type { LoaderRegisters } from './registers.js';

export interface RomLoaderDeps {
  readonly flash: FlashChip;
  readonly chip: ChipIdentity;
  /** Queues bytes for the UART. */
  send(bytes: Uint8Array): void;
  /** Changes the UART's rate, after what was sent so far has left at the old one. */
  setBaud(rate: number): void;
  /** Passes modelled time for work other than the flash chip's own, before the answer that follows. */
  advanceUs(us: number): void;
}

/** What the parts of the loader share. */
export interface LoaderState extends RomLoaderDeps {
  /** One packet, framed. */
  sendPacket(packet: Uint8Array): void;
  readonly registers: LoaderRegisters;
}
