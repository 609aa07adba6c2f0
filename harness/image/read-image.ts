import { createHash } from 'node:crypto';
import {
  checksumPadding,
  checksumSeed,
  type FlashFrequency,
  flashFrequencyCodes,
  flashModes,
  flashSizes,
  headerBytes,
  type ImageHeader,
  type ImageSegment,
  imageChecksum,
  imageMagic,
  maxSegments,
  segmentHeaderBytes,
  sha256Bytes,
} from './app-image.js';

export interface ReadImage {
  readonly header: ImageHeader;
  readonly segments: readonly ImageSegment[];
  /** Offset of each segment's data from the image's start. */
  readonly dataOffsets: readonly number[];
  readonly checksum: { readonly stored: number; readonly computed: number };
  /** Absent when the header says that no SHA-256 follows. Hex. */
  readonly sha256?: { readonly stored: string; readonly computed: string };
  /** With checksum and SHA-256. */
  readonly imageBytes: number;
}

export type ImageFault =
  | { readonly kind: 'magic'; readonly found: number }
  | { readonly kind: 'segments'; readonly count: number }
  | { readonly kind: 'segment-length'; readonly index: number; readonly lengthBytes: number }
  | { readonly kind: 'truncated'; readonly neededBytes: number };

/**
 * Takes an image apart that starts at `bytes[0]`; what lies behind it is ignored. A wrong checksum or SHA-256 is no
 * fault here: both values are in the result, and the caller decides.
 */
export function readImage(bytes: Uint8Array): ReadImage | { readonly fault: ImageFault } {
  if (bytes.length < headerBytes) return { fault: { kind: 'truncated', neededBytes: headerBytes } };
  if (bytes[0] !== imageMagic) return { fault: { kind: 'magic', found: bytes[0]! } };
  const count = bytes[1]!;
  if (count > maxSegments) return { fault: { kind: 'segments', count } };
  const walked = walkSegments(bytes, count);
  if ('fault' in walked) return walked;
  return finish(bytes, walked);
}

interface Walked {
  readonly segments: ImageSegment[];
  readonly dataOffsets: number[];
  readonly endOffset: number;
}

function walkSegments(bytes: Uint8Array, count: number): Walked | { readonly fault: ImageFault } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const walked = { segments: [] as ImageSegment[], dataOffsets: [] as number[], endOffset: headerBytes };
  for (let index = 0; index < count; index++) {
    const dataOffset = walked.endOffset + segmentHeaderBytes;
    if (dataOffset > bytes.length) return { fault: { kind: 'truncated', neededBytes: dataOffset } };
    const loadAddress = view.getUint32(walked.endOffset, true);
    const lengthBytes = view.getUint32(walked.endOffset + 4, true);
    if (lengthBytes % 4 !== 0 || lengthBytes >= 0x1000000)
      return { fault: { kind: 'segment-length', index, lengthBytes } };
    walked.endOffset = dataOffset + lengthBytes;
    if (walked.endOffset > bytes.length)
      return { fault: { kind: 'truncated', neededBytes: walked.endOffset } };
    walked.segments.push({ loadAddress, data: bytes.subarray(dataOffset, walked.endOffset) });
    walked.dataOffsets.push(dataOffset);
  }
  return walked;
}

function finish(
  bytes: Uint8Array,
  { segments, dataOffsets, endOffset }: Walked,
): ReturnType<typeof readImage> {
  const bodyBytes = endOffset + checksumPadding(endOffset);
  const hashed = bytes[23] === 1;
  const imageBytes = bodyBytes + (hashed ? sha256Bytes : 0);
  if (imageBytes > bytes.length) return { fault: { kind: 'truncated', neededBytes: imageBytes } };
  const checksum = {
    stored: bytes[bodyBytes - 1]!,
    computed: segments.reduce((sum, { data }) => imageChecksum(data, sum), checksumSeed),
  };
  const image = { header: readHeader(bytes), segments, dataOffsets, checksum, imageBytes };
  return hashed ? { ...image, sha256: readSha256(bytes, bodyBytes) } : image;
}

function readSha256(bytes: Uint8Array, bodyBytes: number): { stored: string; computed: string } {
  const stored = Buffer.from(bytes.subarray(bodyBytes, bodyBytes + sha256Bytes)).toString('hex');
  return { stored, computed: createHash('sha256').update(bytes.subarray(0, bodyBytes)).digest('hex') };
}

/** The header alone; undefined when `bytes` do not begin like an image. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  return bytes.length >= headerBytes && bytes[0] === imageMagic ? readHeader(bytes) : undefined;
}

function readHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    flashMode: flashModes[bytes[2]!] ?? 'dio',
    flashFrequency: frequencyOf(bytes[3]! & 0xf),
    flashSize: flashSizes[bytes[3]! >> 4] ?? '4MB',
    entryAddress: view.getUint32(4, true),
    chipId: view.getUint16(12, true),
    minRevision: view.getUint16(15, true),
  };
}

function frequencyOf(code: number): FlashFrequency {
  const found = Object.entries(flashFrequencyCodes).find(([, value]) => value === code);
  return (found?.[0] ?? '40m') as FlashFrequency;
}
