import { readFixedString, writeFixedString } from './fixed-string.js';

/** ESP-IDF's `esp_bootloader_desc_t`, at the start of a second-stage bootloader's first segment (since IDF 5.1). */
export interface BootloaderDescriptor {
  /** At most 31 characters. */
  readonly idfVersion: string;
  /** At most 23 characters. */
  readonly dateTime: string;
}

export const bootloaderDescriptorBytes = 80;
const magicByte = 0x50;

/** 80 bytes: magic byte, 3 reserved, version word 1, the strings, 16 reserved. */
export function writeBootloaderDescriptor(descriptor: BootloaderDescriptor): Uint8Array {
  const bytes = new Uint8Array(bootloaderDescriptorBytes);
  bytes[0] = magicByte;
  bytes[4] = 1;
  writeFixedString(bytes, 8, 32, descriptor.idfVersion);
  writeFixedString(bytes, 40, 24, descriptor.dateTime);
  return bytes;
}

/** Reads the descriptor at the start of `segment`; undefined when none is there (bootloaders before IDF 5.1). */
export function readBootloaderDescriptor(segment: Uint8Array): BootloaderDescriptor | undefined {
  if (segment.length < bootloaderDescriptorBytes || segment[0] !== magicByte) return undefined;
  return { idfVersion: readFixedString(segment, 8, 32), dateTime: readFixedString(segment, 40, 24) };
}
