import { posix } from 'node:path';

/** Bytes of a file that the card in a virtual board's slot cannot read, whichever card that is. Writing does not heal them. */
export interface CardFault {
  /** Below the card's root, as the firmware names it: `tinyllm_weights/down_proj.bin`. */
  readonly path: string;
  /** Byte of the file. */
  readonly offset: number;
  /** How many from there on; default 1. */
  readonly bytes?: number;
}

/** What a card can read or not read: files begin on a sector's start, as they do on a cluster's. */
const sectorBytes = 512;

/** The faults that lie in the file at `path`. */
export function faultsIn(path: string, faults: readonly CardFault[]): readonly CardFault[] {
  return faults.filter((fault) => cardName(fault.path) === cardName(path));
}

/** Whether a read of a file with these faults needs a sector of theirs. */
export function meetsFault(
  faults: readonly CardFault[],
  read: { readonly offset: number; readonly bytes: number },
): boolean {
  return faults.some(({ offset, bytes = 1 }) => {
    const first = Math.floor(offset / sectorBytes) * sectorBytes;
    const end = Math.ceil((offset + bytes) / sectorBytes) * sectorBytes;
    return read.offset < end && read.offset + read.bytes > first;
  });
}

/** A fault as people write it, `PATH:OFFSET`; absent for anything else. */
export function parseCardFault(text: string): CardFault | undefined {
  const [, path, offset] = /^(.+):(\d{1,10})$/.exec(text) ?? [];
  return path === undefined || offset === undefined ? undefined : { path, offset: Number(offset) };
}

function cardName(path: string): string {
  return posix.normalize(`/${path}`);
}
