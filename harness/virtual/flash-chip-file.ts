import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfraError } from '../errors.js';
import { FlashChip, sectorBytes } from './flash-chip.js';

/** `TKFLASH1`, chip bytes as u32, then for each written sector its index as u32 and 4096 bytes; little-endian. */
const magic = Buffer.from('TKFLASH1', 'latin1');
const headerBytes = magic.length + 4;
const recordBytes = 4 + sectorBytes;

/** Writes what the chip holds to `path`, in one step: a crash leaves the old file or the new one. */
export function saveFlash(flash: FlashChip, path: string): void {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(flash.bytes, magic.length);
  const parts: Uint8Array[] = [header];
  for (const { offset, data } of flash.writtenSectors()) {
    const index = Buffer.alloc(4);
    index.writeUInt32LE(offset / sectorBytes);
    parts.push(index, data);
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  writeFileSync(temporary, Buffer.concat(parts));
  renameSync(temporary, path);
}

/**
 * The chip that `saveFlash` wrote; a blank one of `bytes` when the file does not exist.
 * @throws InfraError `bad-flash-file` when the file is something else, torn, or of a chip of another size.
 */
export function loadFlash(path: string, bytes: number = 4 << 20): FlashChip {
  const flash = new FlashChip(bytes);
  if (!existsSync(path)) return flash;
  const file = readFileSync(path);
  const whole = file.length >= headerBytes && (file.length - headerBytes) % recordBytes === 0;
  if (!whole || !file.subarray(0, magic.length).equals(magic) || file.readUInt32LE(magic.length) !== bytes) {
    const message = `${path} does not hold a virtual flash chip of ${bytes} bytes; delete it to start with a blank one`;
    throw new InfraError('bad-flash-file', message, { path });
  }
  for (let at = headerBytes; at < file.length; at += recordBytes) {
    flash.program(file.readUInt32LE(at) * sectorBytes, file.subarray(at + 4, at + recordBytes));
  }
  return flash;
}
