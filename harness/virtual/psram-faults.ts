/** A line of a virtual board's PSRAM that does not do what the chip wants. */
export type PsramFault =
  /** A bit of every 32-bit word that holds this and nothing else. */
  | { readonly line: 'data'; readonly bit: number; readonly stuckAt: 0 | 1 }
  /** A bit of the byte address, counted from PSRAM's first byte, that tells no two words apart. */
  | { readonly line: 'address'; readonly bit: number };

const wordBytes = 4;

/** @throws RangeError for a line that no word has */
export function checkPsramFaults(faults: readonly PsramFault[]): void {
  for (const { line, bit } of faults) {
    const [least, most] = line === 'data' ? [0, 31] : [2, 21];
    if (!Number.isInteger(bit) || bit < least || bit > most)
      throw new RangeError(`PSRAM has ${line} lines ${least} to ${most}, not ${bit}`);
  }
}

/**
 * What becomes of `bytes` bytes that were just written to PSRAM from `offset` on, in rising order: whole words, as they then read.
 * @param psram all of it, as the firmware has it
 */
export function spoilWritten(
  psram: DataView,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
  faults: readonly PsramFault[],
): void {
  const first = Math.max(0, offset - (offset % wordBytes));
  const end = Math.min(offset + bytes, psram.byteLength - (wordBytes - 1));
  for (const fault of faults) {
    for (let at = first; at < end; at += wordBytes) {
      if (fault.line === 'data') psram.setUint32(at, held(psram.getUint32(at, true), fault), true);
      else copyToTwin(psram, at, { ...fault, end });
    }
  }
}

function held(word: number, { bit, stuckAt }: Extract<PsramFault, { line: 'data' }>): number {
  return stuckAt === 1 ? word | (1 << bit) : word & ~(1 << bit);
}

/** The other word that the same cells answer for; of two that were written, the later one's value is there. */
function copyToTwin(
  psram: DataView,
  at: number,
  { bit, end }: { readonly bit: number; readonly end: number },
): void {
  const twin = at ^ (1 << bit);
  const isOverwritten = twin > at && twin < end;
  if (isOverwritten || twin + wordBytes > psram.byteLength) return;
  psram.setUint32(twin, psram.getUint32(at, true), true);
}
