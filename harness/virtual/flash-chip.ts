/**
 * Modelled durations in microseconds: the typical values of the Winbond W25Q32JV data sheet (AC characteristics:
 * page program 0.4 ms, sector erase 45 ms, 64 KB block erase 150 ms, chip erase 10 s), and reading as ESP-IDF's
 * bootloader does at 40 MHz DIO, 2.3 MB/s (from the time stamps of its own log: 182,420 bytes in 79 ms).
 */
export const flashTimesUs = {
  pageProgram: 400,
  sectorErase: 45_000,
  blockErase: 150_000,
  chipErase: 10_000_000,
  readPerByte: 0.433,
} as const;

export const sectorBytes = 0x1000;
export const blockBytes = 0x10000;
export const pageBytes = 0x100;

/** Manufacturer, type and capacity, as a W25Q32 answers RDID (0x9f); capacity is log2 of the bytes. */
export interface JedecId {
  readonly manufacturer: number;
  readonly type: number;
  readonly capacity: number;
}

/**
 * A NOR flash chip: erased bytes are 0xFF, programming only clears bits, erasing works on whole sectors. Memory is
 * allocated by the sector at the first program. Offsets outside the chip throw a RangeError. What takes time returns
 * its modelled microseconds; nothing waits.
 */
export class FlashChip {
  readonly bytes: number;
  readonly jedecId: JedecId;
  /** Only sectors that hold something. */
  readonly #sectors = new Map<number, Uint8Array>();

  /** `bytes`: a power of two. */
  constructor(bytes: number = 4 << 20) {
    if (!Number.isInteger(Math.log2(bytes)) || bytes < blockBytes) {
      throw new RangeError(`flash of ${bytes} bytes is no power of two of at least ${blockBytes}`);
    }
    this.bytes = bytes;
    this.jedecId = { manufacturer: 0xef, type: 0x40, capacity: Math.log2(bytes) };
  }

  /** A copy of `length` bytes from `offset` on. */
  read(offset: number, length: number): Uint8Array {
    this.#checkRange(offset, length);
    const result = new Uint8Array(length).fill(0xff);
    for (let at = offset; at < offset + length; at = nextBoundary(at, sectorBytes)) {
      const sector = this.#sectors.get(Math.floor(at / sectorBytes));
      if (!sector) continue;
      const end = Math.min(nextBoundary(at, sectorBytes), offset + length);
      const base = at % sectorBytes;
      result.set(sector.subarray(base, base + end - at), at - offset);
    }
    return result;
  }

  /** Clears the bits of `data` that are 0; a bit that is already 0 stays so. Time: one page program a page touched. */
  program(offset: number, data: Uint8Array): number {
    this.#checkRange(offset, data.length);
    for (let i = 0; i < data.length; i++) {
      const byte = data[i]!;
      if (byte === 0xff) continue;
      const at = offset + i;
      const sector = this.#sectorToWrite(Math.floor(at / sectorBytes));
      sector[at % sectorBytes] = sector[at % sectorBytes]! & byte;
    }
    if (data.length === 0) return 0;
    const pages = Math.floor((offset + data.length - 1) / pageBytes) - Math.floor(offset / pageBytes) + 1;
    return pages * flashTimesUs.pageProgram;
  }

  /**
   * Erases every sector that `offset` .. `offset + length` touches, in 64 KB blocks where whole ones fit, else in
   * sectors. Returns the time of those erases.
   */
  erase(offset: number, length: number): number {
    this.#checkRange(offset, length);
    const end = Math.ceil((offset + length) / sectorBytes) * sectorBytes;
    let at = Math.floor(offset / sectorBytes) * sectorBytes;
    let timeUs = 0;
    while (length > 0 && at < end) {
      const wholeBlock = at % blockBytes === 0 && at + blockBytes <= end;
      const stepBytes = wholeBlock ? blockBytes : sectorBytes;
      for (let sector = at; sector < at + stepBytes; sector += sectorBytes) {
        this.#sectors.delete(sector / sectorBytes);
      }
      timeUs += wholeBlock ? flashTimesUs.blockErase : flashTimesUs.sectorErase;
      at += stepBytes;
    }
    return timeUs;
  }

  eraseChip(): number {
    this.#sectors.clear();
    return flashTimesUs.chipErase;
  }

  /** Every sector that holds something, in order; the arrays are the chip's own. */
  *writtenSectors(): Generator<{ readonly offset: number; readonly data: Uint8Array }> {
    for (const index of [...this.#sectors.keys()].sort((a, b) => a - b)) {
      yield { offset: index * sectorBytes, data: this.#sectors.get(index)! };
    }
  }

  #sectorToWrite(index: number): Uint8Array {
    const present = this.#sectors.get(index);
    if (present) return present;
    const sector = new Uint8Array(sectorBytes).fill(0xff);
    this.#sectors.set(index, sector);
    return sector;
  }

  #checkRange(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.bytes) return;
    throw new RangeError(
      `flash range 0x${offset.toString(16)} + ${length} lies outside of ${this.bytes} bytes`,
    );
  }
}

function nextBoundary(at: number, step: number): number {
  return (Math.floor(at / step) + 1) * step;
}
