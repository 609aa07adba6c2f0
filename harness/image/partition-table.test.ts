import { expect } from 'chai';
import { readPartitionTable, writePartitionTable } from './partition-table.js';

const flashBytes = 4 << 20;
const partitions = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, sizeBytes: 0x6000 },
  { label: 'factory', type: 0, subtype: 0, offset: 0x10000, sizeBytes: 0x180000 },
];

describe('partition table', () => {
  it('reads back what it wrote', () => {
    const bytes = writePartitionTable(partitions);
    expect(bytes.length).to.equal(0xc00);
    expect(Buffer.from(bytes.subarray(0, 4)).toString('hex')).to.equal('aa500102');
    expect(Buffer.from(bytes.subarray(64, 66)).toString('hex')).to.equal('ebeb');
    expect(readPartitionTable(bytes, flashBytes)).to.deep.equal({ partitions });
  });

  it('finds a changed entry by the MD5 row', () => {
    const bytes = writePartitionTable(partitions);
    bytes[12] = 0x4e;
    expect(readPartitionTable(bytes, flashBytes)).to.deep.equal({ fault: { kind: 'md5-mismatch' } });
  });

  it('refuses a partition beyond the flash chip', () => {
    const bytes = writePartitionTable([{ ...partitions[1]!, sizeBytes: flashBytes }]);
    expect(readPartitionTable(bytes, flashBytes)).to.deep.include({
      fault: { kind: 'beyond-flash', index: 0, offset: 0x10000, sizeBytes: flashBytes },
    });
  });

  it('reads an erased table as an empty one, as the bootloader does', () => {
    expect(readPartitionTable(new Uint8Array(0xc00).fill(0xff), flashBytes)).to.deep.equal({
      partitions: [],
    });
  });

  it('names the entry and the magic of what is no table', () => {
    const fault = { kind: 'entry-magic', index: 0, magic: 0 };
    expect(readPartitionTable(new Uint8Array(0xc00), flashBytes)).to.deep.equal({ fault });
  });
});
