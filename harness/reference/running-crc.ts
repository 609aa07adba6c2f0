import { crc32 } from '../model/crc32.js';

/** A CRC-32 that goes on over several arrays, as if they were one. */
export class RunningCrc {
  #value = 0;

  add(values: Float32Array | Uint32Array): void {
    this.#value = crc32(littleEndianBytes(values), this.#value);
  }

  get hex(): string {
    return this.#value.toString(16).padStart(8, '0');
  }
}

/** CRC-32 of the little-endian bytes, as 8 lower-case hex digits. */
export function crcOf(values: Float32Array | Uint32Array): string {
  const crc = new RunningCrc();
  crc.add(values);
  return crc.hex;
}

/** Its own bytes: like every binary format here, this relies on a little-endian host. */
function littleEndianBytes(values: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
