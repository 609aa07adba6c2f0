import { halfErased, halfProgrammed, seededRandom } from './flash-power-loss.js';
import { type FlashTimes, standardFlashTimes } from './flash-times.js';

export const sectorBytes = 0x1000;
export const blockBytes = 0x10000;
export const pageBytes = 0x100;

/** Manufacturer, type and capacity, as a W25Q32 answers RDID (0x9f); capacity is log2 of the bytes. */
export interface JedecId {
  readonly manufacturer: number;
  readonly type: number;
  readonly capacity: number;
}

/** One thing that the chip does by itself once it was told to: a page, or less of one, or a sector, a block, all. */
export interface FlashOperation {
  readonly kind: 'program' | 'erase';
  readonly offset: number;
  readonly bytes: number;
  readonly durationUs: number;
}

/**
 * What the chip lives on. `run` lets an operation happen: it calls `perform` once, with the part of it, 0 to 1, for
 * which there is power, lets its time pass, and throws when the power is gone.
 */
export interface FlashPower {
  run(operation: FlashOperation, perform: (part: number) => void): void;
}

/** Where what the chip holds lasts, told after each operation, finished or not. */
export interface FlashStore {
  write(offset: number, bytes: Uint8Array): void;
}

const mainsPower: FlashPower = { run: (_operation, perform) => perform(1) };
const noStore: FlashStore = { write() {} };

/**
 * A NOR flash chip: erased bytes are 0xFF, programming only clears bits, erasing works on whole sectors. Memory is
 * allocated by the sector at the first program. Offsets outside the chip throw a RangeError. Whoever powers the chip
 * passes the time that operations take; one that loses power leaves what flash-power-loss.ts says.
 */
export class FlashChip {
  readonly bytes: number;
  readonly jedecId: JedecId;
  readonly times: FlashTimes;
  #power = mainsPower;
  #store = noStore;
  #operations = 0;
  /** Only sectors that hold something. */
  readonly #sectors = new Map<number, Uint8Array>();

  /** `bytes`: a power of two. */
  constructor(bytes: number = 4 << 20, times: FlashTimes = standardFlashTimes()) {
    if (!Number.isInteger(Math.log2(bytes)) || bytes < blockBytes) {
      throw new RangeError(`flash of ${bytes} bytes is no power of two of at least ${blockBytes}`);
    }
    this.bytes = bytes;
    this.times = times;
    this.jedecId = { manufacturer: 0xef, type: 0x40, capacity: Math.log2(bytes) };
  }

  /** From now on operations take their time, and their power, from `power`. */
  powerBy(power: FlashPower): void {
    this.#power = power;
  }

  /** From now on `store` is told what changes. */
  keepIn(store: FlashStore): void {
    this.#store = store;
  }

  /** A copy of `length` bytes from `offset` on. */
  read(offset: number, length: number): Uint8Array {
    const result = new Uint8Array(length);
    this.readInto(offset, result);
    return result;
  }

  /** Fills `target` with what the chip holds from `offset` on. */
  readInto(offset: number, target: Uint8Array): void {
    this.#checkRange(offset, target.length);
    target.fill(0xff);
    const endOffset = offset + target.length;
    for (let at = offset; at < endOffset; at = nextBoundary(at, sectorBytes)) {
      const sector = this.#sectors.get(Math.floor(at / sectorBytes));
      if (!sector) continue;
      const end = Math.min(nextBoundary(at, sectorBytes), endOffset);
      const base = at % sectorBytes;
      target.set(sector.subarray(base, base + end - at), at - offset);
    }
  }

  /** Clears the bits of `data` that are 0, a page after the other; a bit that is already 0 stays so. */
  program(offset: number, data: Uint8Array): void {
    this.#checkRange(offset, data.length);
    for (let at = offset; at < offset + data.length; at = nextBoundary(at, pageBytes)) {
      const end = Math.min(nextBoundary(at, pageBytes), offset + data.length);
      this.#programPage(at, data.subarray(at - offset, end - offset));
    }
  }

  /** Erases every sector that `offset` .. `offset + length` touches, in 64 KB blocks where whole ones fit. */
  erase(offset: number, length: number): void {
    this.#checkRange(offset, length);
    const end = Math.ceil((offset + length) / sectorBytes) * sectorBytes;
    let at = Math.floor(offset / sectorBytes) * sectorBytes;
    while (length > 0 && at < end) {
      const wholeBlock = at % blockBytes === 0 && at + blockBytes <= end;
      const bytes = wholeBlock ? blockBytes : sectorBytes;
      const durationUs = wholeBlock ? this.times.blockEraseUs : this.times.sectorEraseUs;
      this.#run({ kind: 'erase', offset: at, bytes, durationUs }, (part) =>
        this.#eraseSectors(at, bytes, part),
      );
      at += bytes;
    }
  }

  /** A block after the other, as the data sheet's time suggests: about that of 64 block erases. */
  eraseChip(): void {
    const operation = { kind: 'erase', offset: 0, bytes: this.bytes } as const;
    this.#run({ ...operation, durationUs: this.times.chipEraseUs }, (part) => {
      const blocks = part * (this.bytes / blockBytes);
      const wholeBytes = Math.floor(blocks) * blockBytes;
      this.#eraseSectors(0, wholeBytes, 1);
      if (wholeBytes < this.bytes) this.#eraseSectors(wholeBytes, blockBytes, blocks % 1);
    });
  }

  /** Every sector that holds something, in order; the arrays are the chip's own. */
  *writtenSectors(): Generator<{ readonly offset: number; readonly data: Uint8Array }> {
    for (const index of [...this.#sectors.keys()].sort((a, b) => a - b)) {
      yield { offset: index * sectorBytes, data: this.#sectors.get(index)! };
    }
  }

  #run(operation: FlashOperation, perform: (part: number) => void): void {
    this.#operations += 1;
    this.#power.run(operation, perform);
  }

  #programPage(offset: number, data: Uint8Array): void {
    const durationUs = this.times.pageProgramUs;
    this.#run({ kind: 'program', offset, bytes: data.length, durationUs }, (part) => {
      const before = this.read(offset, data.length);
      const after =
        part < 1
          ? halfProgrammed(before, data, part, this.#random())
          : before.map((byte, at) => byte & data[at]!);
      this.#put(offset, after);
    });
  }

  #eraseSectors(offset: number, bytes: number, part: number): void {
    const random = this.#random();
    for (let at = offset; at < offset + bytes; at += sectorBytes) {
      if (part < 1) this.#put(at, halfErased(this.read(at, sectorBytes), part, random));
      else this.#sectors.delete(at / sectorBytes);
    }
    if (part >= 1 && bytes > 0) this.#store.write(offset, new Uint8Array(bytes).fill(0xff));
  }

  /** Other bits for each operation, the same ones in the same history. */
  #random(): () => number {
    return seededRandom(this.#operations);
  }

  /** `bytes` lie in one sector. */
  #put(offset: number, bytes: Uint8Array): void {
    const index = Math.floor(offset / sectorBytes);
    const present = this.#sectors.get(index);
    if (!present && bytes.every((byte) => byte === 0xff)) return;
    const sector = present ?? new Uint8Array(sectorBytes).fill(0xff);
    this.#sectors.set(index, sector);
    sector.set(bytes, offset % sectorBytes);
    this.#store.write(offset, bytes);
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
