import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InfraError } from '../errors.js';
import { FlashChip, sectorBytes } from './flash-chip.js';
import type { FlashTimes } from './flash-times.js';

/**
 * A sector of header (`TKFLASH2`, chip bytes as u32 little-endian), then the chip's content with every bit inverted: an
 * erased chip is all zeros, so that the file is sparse where nothing was flashed.
 */
const magic = 'TKFLASH2';
const headerBytes = sectorBytes;
const zeros = new Uint8Array(sectorBytes);

/** A chip whose file follows it operation by operation: a process that dies leaves what a power cut would. */
export interface FileFlash {
  readonly flash: FlashChip;
  close(): void;
}

/**
 * The chip that lives in the file at `path`; a blank one of `bytes` in a new file when there is none.
 * @throws InfraError `bad-flash-file` when the file is something else, or of a chip of another size.
 */
export function openFlashFile(path: string, bytes: number = 4 << 20, times?: FlashTimes): FileFlash {
  if (!existsSync(path)) saveFlash(new FlashChip(bytes, times), path);
  else upgrade(path);
  const file = openSync(path, 'r+');
  try {
    const flash = readChip(file, path, bytes, times);
    flash.keepIn({ write: (offset, changed) => writeContent(file, offset, changed) });
    return { flash, close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Writes what a chip holds to a new file at `path`, or over what is there. */
export function saveFlash(flash: FlashChip, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  try {
    const header = Buffer.alloc(headerBytes);
    header.write(magic, 'latin1');
    header.writeUInt32LE(flash.bytes, magic.length);
    writeSync(file, header, 0, headerBytes, 0);
    ftruncateSync(file, headerBytes + flash.bytes);
    for (const { offset, data } of flash.writtenSectors()) writeContent(file, offset, data);
  } finally {
    closeSync(file);
  }
}

/** A chip that holds what the file at `path` does now, and has nothing to do with the file afterwards. */
export function loadFlash(path: string, bytes: number = 4 << 20): FlashChip {
  if (!existsSync(path)) return new FlashChip(bytes);
  const file = openSync(path, 'r');
  try {
    return readChip(file, path, bytes);
  } finally {
    closeSync(file);
  }
}

function readChip(file: number, path: string, bytes: number, times?: FlashTimes): FlashChip {
  const flash = new FlashChip(bytes, times);
  const header = Buffer.alloc(headerBytes);
  const whole = readSync(file, header, 0, headerBytes, 0) === headerBytes;
  if (!whole || header.toString('latin1', 0, magic.length) !== magic || header.readUInt32LE(8) !== bytes) {
    const message = `${path} does not hold a virtual flash chip of ${bytes} bytes; delete it to start with a blank one`;
    throw new InfraError('bad-flash-file', message, { path });
  }
  // By the sector: with many boards in one process, whole chips would add up.
  const sector = Buffer.alloc(sectorBytes);
  for (let at = 0; at < bytes; at += sectorBytes) {
    const got = readSync(file, sector, 0, sectorBytes, headerBytes + at);
    sector.fill(0, got);
    if (!sector.equals(zeros)) flash.program(at, inverted(sector));
  }
  return flash;
}

/** Files of before 2026-11-21: `TKFLASH1`, chip bytes, then index and content of each written sector. */
function upgrade(path: string): void {
  const old = readFileSync(path);
  const [headBytes, recordBytes] = [12, 4 + sectorBytes];
  if (old.toString('latin1', 0, 8) !== 'TKFLASH1' || (old.length - headBytes) % recordBytes !== 0) return;
  const flash = new FlashChip(old.readUInt32LE(8));
  for (let at = headBytes; at < old.length; at += recordBytes) {
    flash.program(old.readUInt32LE(at) * sectorBytes, old.subarray(at + 4, at + recordBytes));
  }
  saveFlash(flash, path);
}

function writeContent(file: number, offset: number, bytes: Uint8Array): void {
  writeSync(file, inverted(bytes), 0, bytes.length, headerBytes + offset);
}

function inverted(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte) => byte ^ 0xff);
}
