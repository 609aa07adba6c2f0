import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPartitionTable } from '../image/partition-table.js';
import { packageRoot } from '../paths.js';
import { virtualBuildFiles } from './virtual-images.js';

/** ESP-IDF's names of the types and subtypes that this project uses. */
const types: Readonly<Record<string, number>> = { app: 0, data: 1 };
const subtypes: Readonly<Record<string, number>> = { ota: 0, phy: 1, nvs: 2, ota_0: 0x10, ota_1: 0x11 };

const files = new Map(
  virtualBuildFiles(new Uint8Array(8), '1.0.0').map(({ name, bytes }) => [name, bytes] as const),
);

describe('images of the virtual build', () => {
  it('have the partition table of the ESP-IDF project', () => {
    const csv = readFileSync(join(packageRoot, 'firmware', 'partitions.csv'), 'utf8');
    const rows = csv.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const partitions = rows.map((row) => {
      const [label, type, subtype, offset, size] = row.split(',').map((cell) => cell.trim());
      const [typeCode, subtypeCode] = [types[type!], subtypes[subtype!] ?? Number(subtype)];
      return { label, type: typeCode, subtype: subtypeCode, offset: Number(offset), sizeBytes: Number(size) };
    });
    const table = files.get('partition_table/partition-table.bin')!;
    expect(readPartitionTable(table, 4 << 20)).to.deep.equal({ partitions });
  });

  it('go where the partition table has room for them, the choice of slot as blank as ESP-IDF makes it', () => {
    const args = JSON.parse(Buffer.from(files.get('flasher_args.json')!).toString('utf8'));
    expect(args.flash_files).to.deep.equal({
      '0x1000': 'bootloader/bootloader.bin',
      '0x8000': 'partition_table/partition-table.bin',
      '0xd000': 'ota_data_initial.bin',
      '0x10000': 'tokenrack.bin',
    });
    expect(args.otadata).to.deep.equal({
      offset: '0xd000',
      file: 'ota_data_initial.bin',
      encrypted: 'false',
    });
    expect(files.get('ota_data_initial.bin')).to.deep.equal(new Uint8Array(0x2000).fill(0xff));
  });
});
