import { crc32 as zlibCrc32 } from 'node:zlib';

/**
 * The common CRC-32 (polynomial 0xEDB88320 reflected, initial and final value 0xFFFFFFFF), as an unsigned number.
 * Pass the previous result to go on over more bytes.
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return zlibCrc32(bytes, previous);
}

/** As the protocol and the manifest write it: 8 lower-case hex digits. */
export function crc32Hex(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
