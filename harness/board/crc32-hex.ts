import { crc32 } from 'node:zlib';

/** The protocol's CRC-32 as it writes it: 8 lower-case hex digits (firmware/PROTOCOL.md). */
export function crc32Hex(bytes: Uint8Array | string): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
