import { createHash } from 'node:crypto';
import { type FlashChip, flashTimesUs } from '../flash-chip.js';

/**
 * Hashing in the loader takes this long on top of reading. No measured figure found: assumed 100 cycles a byte at
 * 240 MHz, well below the 8 s a megabyte that esptool waits.
 */
const hashUsPerByte = 100 / 240;

/** Modelled time of an MD5 over `bytes` bytes of flash. */
export function md5TimeUs(bytes: number): number {
  return bytes * (flashTimesUs.readPerByte + hashUsPerByte);
}

/** MD5 of a region of flash, 32 lower-case hex digits. */
export function md5Hex(flash: FlashChip, offset: number, bytes: number): string {
  return createHash('md5').update(flash.read(offset, bytes)).digest('hex');
}
