import { createHash } from 'node:crypto';
import { readFixedString, writeFixedString } from './fixed-string.js';

export interface Partition {
  /** At most 15 characters. */
  readonly label: string;
  /** 0 app, 1 data. */
  readonly type: number;
  /** Of an app: 0 factory, 0x10 .. 0x1f OTA, 0x20 test. Of data: 0 OTA data, 1 PHY, 2 NVS. */
  readonly subtype: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

export type PartitionTableFault =
  | { readonly kind: 'entry-magic'; readonly index: number; readonly magic: number }
  | {
      readonly kind: 'beyond-flash';
      readonly index: number;
      readonly offset: number;
      readonly sizeBytes: number;
    }
  | { readonly kind: 'second-md5' }
  | { readonly kind: 'md5-mismatch' }
  | { readonly kind: 'no-end' };

export const partitionTableBytes = 0xc00;
const entryBytes = 32;
const entryMagic = 0x50aa;
const md5Magic = 0xebeb;
const endMagic = 0xffff;

/** 0xC00 bytes: one 32-byte entry each, the MD5 row over them, then 0xFF. Format: ESP-IDF "Partition Tables". */
export function writePartitionTable(partitions: readonly Partition[]): Uint8Array {
  const bytes = new Uint8Array(partitionTableBytes).fill(0xff);
  partitions.forEach((partition, index) => {
    bytes.set(writeEntry(partition), index * entryBytes);
  });
  const end = partitions.length * entryBytes;
  const md5 = createHash('md5').update(bytes.subarray(0, end)).digest();
  bytes.set([0xeb, 0xeb], end);
  bytes.set(md5, end + 16);
  return bytes;
}

function writeEntry({ label, type, subtype, offset, sizeBytes }: Partition): Uint8Array {
  const bytes = new Uint8Array(entryBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, entryMagic, true);
  bytes[2] = type;
  bytes[3] = subtype;
  view.setUint32(4, offset, true);
  view.setUint32(8, sizeBytes, true);
  writeFixedString(bytes, 12, 16, label);
  return bytes;
}

/**
 * Reads the table at `bytes[0]` with the checks, and in the order, of ESP-IDF's bootloader. An erased table reads as
 * an empty one there, and here.
 */
export function readPartitionTable(
  bytes: Uint8Array,
  flashBytes: number,
): { readonly partitions: readonly Partition[] } | { readonly fault: PartitionTableFault } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const partitions: Partition[] = [];
  let md5Seen = false;
  for (let at = 0; at + entryBytes <= Math.min(bytes.length, partitionTableBytes); at += entryBytes) {
    const magic = view.getUint16(at, true);
    const index = at / entryBytes;
    if (magic === entryMagic) {
      const partition = readEntry(bytes.subarray(at, at + entryBytes));
      const { offset, sizeBytes } = partition;
      if (offset + sizeBytes > flashBytes)
        return { fault: { kind: 'beyond-flash', index, offset, sizeBytes } };
      partitions.push(partition);
    } else if (magic === md5Magic) {
      if (md5Seen) return { fault: { kind: 'second-md5' } };
      if (!md5Matches(bytes, at)) return { fault: { kind: 'md5-mismatch' } };
      md5Seen = true;
    } else if (magic === endMagic && bytes[at + 2] === 0xff && bytes[at + 3] === 0xff) {
      return { partitions };
    } else {
      return { fault: { kind: 'entry-magic', index, magic } };
    }
  }
  return { fault: { kind: 'no-end' } };
}

function readEntry(entry: Uint8Array): Partition {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  return {
    label: readFixedString(entry, 12, 16),
    type: entry[2]!,
    subtype: entry[3]!,
    offset: view.getUint32(4, true),
    sizeBytes: view.getUint32(8, true),
  };
}

function md5Matches(bytes: Uint8Array, at: number): boolean {
  const md5 = createHash('md5').update(bytes.subarray(0, at)).digest();
  return md5.equals(bytes.subarray(at + 16, at + 32));
}
