import { crc32 } from 'node:zlib';
import { sectorBytes } from '../flash-chip.js';

/** One of the two entries of ESP-IDF's `otadata` partition: which app slot was chosen, and how that went. */
export interface OtaSelect {
  /** Counts up with each choice; slot (sequence - 1) modulo the number of slots. */
  readonly sequence: number;
  readonly state: number;
  readonly crc: number;
}

/** The entries begin one sector each, so that one can be erased without the other. */
export const otaDataBytes = 2 * sectorBytes;

const entryBytes = 32;
const stateAt = 24;
const crcAt = 28;
const erasedSequence = 0xffff_ffff;
const states = { valid: 2, invalid: 3, aborted: 4 } as const;

/** Of the entry at `bytes[0]` (`esp_ota_select_entry_t`: sequence, 20 bytes of label, state, CRC). */
export function readOtaSelect(bytes: Uint8Array): OtaSelect {
  const view = new DataView(bytes.buffer, bytes.byteOffset, entryBytes);
  return {
    sequence: view.getUint32(0, true),
    state: view.getUint32(stateAt, true),
    crc: view.getUint32(crcAt, true),
  };
}

/** The entry that the bootloader writes when it chose `slot` by itself. */
export function writeOtaSelect(slot: number): Uint8Array {
  const bytes = new Uint8Array(entryBytes).fill(0xff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, slot + 1, true);
  view.setUint32(stateAt, states.valid, true);
  view.setUint32(crcAt, selectCrc(slot + 1), true);
  return bytes;
}

/** Never written, or given up. Says nothing of the CRC. */
export function isUnused({ sequence, state }: OtaSelect): boolean {
  return sequence === erasedSequence || state === states.invalid || state === states.aborted;
}

/** Erased, or torn: the sequence may not be relied on. */
export function isBlankOrTorn({ sequence, crc }: OtaSelect): boolean {
  return sequence === erasedSequence || crc !== selectCrc(sequence);
}

/** The later of the entries that count; the first of equals. */
export function activeSelect(selects: readonly OtaSelect[]): OtaSelect | undefined {
  const counting = selects.filter((select) => !isUnused(select) && !isBlankOrTorn(select));
  return counting.reduce<OtaSelect | undefined>(
    (latest, select) => (latest && latest.sequence >= select.sequence ? latest : select),
    undefined,
  );
}

/** CRC-32 of the sequence alone, as the mask ROM computes it from 0xffffffff on. */
function selectCrc(sequence: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(sequence);
  return crc32(bytes, 0xffff_ffff);
}
