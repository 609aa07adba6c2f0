import { type FlashChip, sectorBytes } from './flash-chip.js';

/** Where a partition lies in flash. */
export interface FlashPlace {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What ABI.md's `flash_map` says when there is nothing to map. */
const noPartition = -1;
/** What ABI.md's `flash_erase` and `flash_write` say. */
const refused = -9;

/**
 * The partition for weights in one life of an app, and the copy of it that the app reads as if flash were mapped into
 * its memory. Changes go to the chip, which takes its time and its power for them, and are seen in the copy.
 */
export class WeightsPartition {
  readonly #flash: FlashChip;
  readonly #place: FlashPlace;
  #mapped: (() => Uint8Array) | undefined;
  #changed = false;

  /** `place` is absent on a board whose partition table has none. */
  constructor(flash: FlashChip, place: FlashPlace = { offset: 0, sizeBytes: 0 }) {
    this.#flash = flash;
    this.#place = place;
  }

  get bytes(): number {
    return this.#place.sizeBytes;
  }

  /** Something was erased or written, or was going to be when the power went. */
  get changed(): boolean {
    return this.#changed;
  }

  /** `memory` is looked up at each change, as the app's memory may have grown: `bytes` bytes. 0, or -1. */
  map(memory: () => Uint8Array): number {
    if (this.bytes === 0) return noPartition;
    this.#mapped = memory;
    this.#refresh(0, this.bytes);
    return 0;
  }

  /** 0, or -9. @throws PowerLost */
  erase(offset: number, bytes: number): number {
    if (offset % sectorBytes !== 0 || bytes % sectorBytes !== 0) return refused;
    return this.#change(offset, bytes, (at) => this.#flash.erase(at, bytes));
  }

  /** 0, or -9. @throws PowerLost */
  write(offset: number, data: Uint8Array): number {
    return this.#change(offset, data.length, (at) => this.#flash.program(at, data));
  }

  #change(offset: number, bytes: number, change: (at: number) => void): number {
    if (offset + bytes > this.bytes) return refused;
    this.#changed = true;
    change(this.#place.offset + offset);
    this.#refresh(offset, bytes);
    return 0;
  }

  #refresh(offset: number, bytes: number): void {
    const mapped = this.#mapped?.().subarray(offset, offset + bytes);
    if (mapped !== undefined) this.#flash.readInto(this.#place.offset + offset, mapped);
  }
}
