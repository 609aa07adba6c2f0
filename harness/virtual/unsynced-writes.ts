import { writeSync } from 'node:fs';

/** What a card writes at once: a cut leaves a sector's old content or its new one, never a mixture. */
const sectorBytes = 512;

/** A card holds so much back at most: what was written longer ago lasts without a sync. */
const heldBackSectors = 128;

interface OldSector {
  readonly descriptor: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What a card was given and has not promised to keep: the content of those sectors before, in order of writing. */
export class UnsyncedWrites {
  #old: OldSector[] = [];

  /** Notes what stands at `offset` of a file, before it is written over. */
  note(descriptor: number, offset: number, before: Uint8Array): void {
    for (let at = 0; at < before.length; ) {
      const end = Math.min(before.length, at + sectorBytes - ((offset + at) % sectorBytes));
      this.#old.push({ descriptor, offset: offset + at, bytes: before.slice(at, end) });
      at = end;
    }
    this.#old.splice(0, this.#old.length - heldBackSectors);
  }

  /** A file's writes last from now on. */
  forget(descriptor: number): void {
    this.#old = this.#old.filter((sector) => sector.descriptor !== descriptor);
  }

  /** The power goes: each sector is there or not, as `random` (0 to 1) has it. */
  lose(random: () => number): void {
    for (const { descriptor, offset, bytes } of this.#old.toReversed()) {
      if (random() < 0.5) writeSync(descriptor, bytes, 0, bytes.length, offset);
    }
    this.#old = [];
  }
}
