import { createHash } from 'node:crypto';

/** One piece of an image: `data` goes to `loadAddress` of the chip's memory, or is mapped there from flash. */
export interface ImageSegment {
  readonly loadAddress: number;
  /** A multiple of 4 bytes. */
  readonly data: Uint8Array;
}

export type FlashMode = 'qio' | 'qout' | 'dio' | 'dout';
export type FlashFrequency = '80m' | '40m' | '26m' | '20m';
export type FlashSize = '1MB' | '2MB' | '4MB' | '8MB' | '16MB';

export interface ImageHeader {
  readonly flashMode: FlashMode;
  readonly flashFrequency: FlashFrequency;
  readonly flashSize: FlashSize;
  readonly entryAddress: number;
  /** Which chip the image is for; 0 is the ESP32. */
  readonly chipId: number;
  /** Lowest chip revision it runs on, major * 100 + minor. */
  readonly minRevision: number;
}

export const imageMagic = 0xe9;
export const esp32ChipId = 0;
export const headerBytes = 24;
export const segmentHeaderBytes = 8;
export const maxSegments = 16;
export const sha256Bytes = 32;
/** Where the XOR over all segment bytes starts. */
export const checksumSeed = 0xef;

export const flashModes: readonly FlashMode[] = ['qio', 'qout', 'dio', 'dout'];
export const flashSizes: readonly FlashSize[] = ['1MB', '2MB', '4MB', '8MB', '16MB'];
export const flashFrequencyCodes: Readonly<Record<FlashFrequency, number>> = {
  '40m': 0x0,
  '26m': 0x1,
  '20m': 0x2,
  '80m': 0xf,
};

/**
 * The bytes of an ESP32 image: header and extended header, segments, padding and checksum up to a multiple of 16,
 * then the SHA-256 of all that. Throws a RangeError on more than 16 segments or one that is not whole words.
 * Format: ESP-IDF "Application Image Format", esptool "Firmware Image Format".
 */
export function writeImage(header: ImageHeader, segments: readonly ImageSegment[]): Uint8Array {
  if (segments.length > maxSegments) throw new RangeError(`an image has at most ${maxSegments} segments`);
  const parts = [writeHeader(header, segments.length), ...segments.map(writeSegment)];
  const unpadded = Buffer.concat(parts);
  const padding = Buffer.alloc(checksumPadding(unpadded.length));
  padding[padding.length - 1] = segments.reduce((sum, { data }) => imageChecksum(data, sum), checksumSeed);
  const body = Buffer.concat([unpadded, padding]);
  return new Uint8Array(Buffer.concat([body, createHash('sha256').update(body).digest()]));
}

/** XOR of all bytes into `seed`. */
export function imageChecksum(data: Uint8Array, seed: number = checksumSeed): number {
  let sum = seed;
  for (const byte of data) sum ^= byte;
  return sum;
}

/** Bytes from the end of the last segment to the next multiple of 16; the checksum is the last of them (1 .. 16). */
export function checksumPadding(unpaddedBytes: number): number {
  return 16 - (unpaddedBytes % 16);
}

function writeHeader(header: ImageHeader, segmentCount: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = imageMagic;
  bytes[1] = segmentCount;
  bytes[2] = flashModes.indexOf(header.flashMode);
  bytes[3] = (flashSizes.indexOf(header.flashSize) << 4) | flashFrequencyCodes[header.flashFrequency];
  view.setUint32(4, header.entryAddress, true);
  bytes[8] = 0xee; // WP pin "not remapped", as ESP-IDF writes it
  view.setUint16(12, header.chipId, true);
  bytes[14] = Math.floor(header.minRevision / 100);
  view.setUint16(15, header.minRevision, true);
  view.setUint16(17, 0xffff, true); // highest revision: any
  bytes[23] = 1; // SHA-256 follows
  return bytes;
}

function writeSegment({ loadAddress, data }: ImageSegment): Uint8Array {
  if (data.length % 4 !== 0) throw new RangeError(`segment of ${data.length} bytes is not whole words`);
  const bytes = new Uint8Array(segmentHeaderBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, loadAddress, true);
  view.setUint32(4, data.length, true);
  bytes.set(data, segmentHeaderBytes);
  return bytes;
}
