import { createHash } from 'node:crypto';
import type { BuildFile } from '../image/build-folder.js';

/** What one MD5 speaks for, and a resend costs at least: a block that the flash chip erases in one go. */
const partBytes = 0x10000;

/** A piece of a region. `bytes` are the region's own. */
export interface FlashPart {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly md5: string;
}

export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Parts that end at 64 KB boundaries of the flash, so that rewriting one never erases a byte of another. */
export function partsOf({ offset, bytes }: Pick<BuildFile, 'offset' | 'bytes'>): FlashPart[] {
  const parts: FlashPart[] = [];
  const end = offset + bytes.length;
  for (let at = offset; at < end; ) {
    const next = Math.min((Math.floor(at / partBytes) + 1) * partBytes, end);
    const piece = bytes.subarray(at - offset, next - offset);
    parts.push({ offset: at, bytes: piece, md5: md5Of(piece) });
    at = next;
  }
  return parts;
}

/** Neighbours become one write, which deflates better and costs one exchange less. `parts` are of `region`, in order. */
export function runsOf(region: Pick<BuildFile, 'offset' | 'bytes'>, parts: readonly FlashPart[]): BuildRun[] {
  const runs: { offset: number; end: number }[] = [];
  for (const { offset, bytes } of parts) {
    const last = runs.at(-1);
    if (last?.end === offset) last.end += bytes.length;
    else runs.push({ offset, end: offset + bytes.length });
  }
  return runs.map(({ offset, end }) => ({
    offset,
    bytes: region.bytes.subarray(offset - region.offset, end - region.offset),
  }));
}

/** What one write sends. */
export interface BuildRun {
  readonly offset: number;
  readonly bytes: Uint8Array;
}
