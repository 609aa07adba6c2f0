import { blockBytes, type FlashChip, sectorBytes } from '../flash-chip.js';
import type { LoaderAnswer } from './protocol.js';
import { stubError } from './stub-errors.js';

/**
 * ERASE_REGION; words: offset, bytes, both whole sectors. As the stub does it: sectors up to a block boundary, blocks
 * while more than one is left, then sectors again, so that even a single whole block goes by sectors.
 */
export function eraseRegion(flash: FlashChip, words: readonly number[]): LoaderAnswer {
  const [offset, bytes] = words as [number, number];
  if (offset % sectorBytes !== 0 || bytes % sectorBytes !== 0) return { error: stubError.dataLength };
  if (offset + bytes > flash.bytes) return { error: stubError.spiOperation };
  const end = offset + bytes;
  for (let at = offset; at < end; ) {
    const step = at % blockBytes === 0 && end - at > blockBytes ? blockBytes : sectorBytes;
    flash.erase(at, step);
    at += step;
  }
  return {};
}
