import { expect } from 'chai';
import { writeImage } from '../../image/app-image.js';
import { type Partition, writePartitionTable } from '../../image/partition-table.js';
import { virtualImageHeader, writeVirtualApp } from '../../image/virtual-app.js';
import { FlashChip } from '../flash-chip.js';
import { bootFromFlash } from './boot.js';

const otaData = { label: 'otadata', type: 1, subtype: 0, offset: 0xd000, sizeBytes: 0x2000 };
const slot = (index: number): Partition => ({
  label: `ota_${index}`,
  type: 0,
  subtype: 0x10 + index,
  offset: 0x10000 + index * 0xa0000,
  sizeBytes: 0xa0000,
});
const factory = { label: 'factory', type: 0, subtype: 0, offset: 0x200000, sizeBytes: 0xa0000 };
const weights = { label: 'weights', type: 1, subtype: 0x40, offset: 0x300000, sizeBytes: 0x10000 };
const twoSlots = [otaData, slot(0), slot(1)];

/** Its build is named after the partition. */
function appFor({ label, offset }: Partition): readonly [number, Uint8Array] {
  const descriptor = {
    version: label,
    projectName: 'tinyllm',
    time: '00:00:00',
    date: 'Jan  1 2024',
    idfVersion: 'v5.3',
    elfSha256: '0123456789abcdef'.repeat(4),
  };
  return [offset, writeVirtualApp({ descriptor, wasm: new Uint8Array(100) })];
}

/** One entry of `otadata` as ESP-IDF's esp_ota_ops writes it; the CRCs are what Python's zlib gives for the sequence. */
function selectEntry(sequence: 1 | 2 | 3, state = 0xffffffff, crcFlip = 0): Uint8Array {
  const crcs = { 1: 0x4743989a, 2: 0x55f63774, 3: 0xed4a5011 };
  const bytes = new Uint8Array(32).fill(0xff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sequence, true);
  view.setUint32(24, state, true);
  view.setUint32(28, (crcs[sequence] ^ crcFlip) >>> 0, true);
  return bytes;
}

function boot(partitions: readonly Partition[], contents: readonly (readonly [number, Uint8Array])[]) {
  const flash = new FlashChip();
  flash.program(0x1000, writeImage(virtualImageHeader, []));
  flash.program(0x8000, writePartitionTable(partitions));
  for (const [offset, bytes] of contents) flash.program(offset, bytes);
  const result = bootFromFlash(flash, { reason: 'poweron' });
  const said = result.log.flatMap(({ text }) => text.match(/(?<=\) boot: ).*(?=\r)/g) ?? []);
  const after = said.slice(said.indexOf('End of partition table') + 1);
  return { ...result, version: result.app?.version, said: after };
}

const bothApps = [appFor(slot(0)), appFor(slot(1))];

describe('app slots', () => {
  it('start with the first one while nobody chose, and it is recorded as chosen', () => {
    const { said, version, write } = boot(twoSlots, bothApps);
    expect(version).to.equal('ota_0');
    expect(said).to.deep.equal([
      'No factory image, trying OTA 0',
      'Loaded app from partition at offset 0x10000',
      'Set actual ota_seq=1 in otadata[0]',
      'Disabling RNG early entropy source...',
    ]);
    expect(write).to.deep.include({ offset: 0xd000, bytes: selectEntry(1, 2) });
  });

  it('print the record when it is written, and the time that takes', () => {
    const { log, readyUs, write } = boot(twoSlots, bothApps);
    const recorded = log.find(({ text }) => text.includes('Set actual ota_seq'))!;
    expect(recorded.atUs - write!.atUs).to.be.closeTo(45_400, 1);
    expect(readyUs).to.be.above(recorded.atUs);
  });

  it('are chosen by the later entry whose CRC holds', () => {
    const at = (first: Uint8Array, second: Uint8Array) =>
      boot(twoSlots, [...bothApps, [0xd000, first], [0xe000, second]]);
    expect(at(selectEntry(1), selectEntry(2)).version).to.equal('ota_1');
    expect(at(selectEntry(3), selectEntry(2)).version).to.equal('ota_0');
    expect(at(selectEntry(1), selectEntry(2, 0xffffffff, 1)).version, 'a torn CRC').to.equal('ota_0');
    expect(at(selectEntry(1), selectEntry(2, 4)).version, 'an aborted one').to.equal('ota_0');
    expect(at(selectEntry(1), selectEntry(2, 3)).version, 'an invalid one').to.equal('ota_0');
    const chosen = at(selectEntry(1), selectEntry(2));
    expect(chosen.write).to.equal(undefined);
    expect(chosen.said[0]).to.equal('Loaded app from partition at offset 0xb0000');
  });

  it('start with the first one when the choices were given up, which stay recorded', () => {
    const { said, version, write } = boot(twoSlots, [...bothApps, [0xd000, selectEntry(2, 4)]]);
    expect([version, said[0], write]).to.deep.equal(['ota_0', 'No factory image, trying OTA 0', undefined]);
  });

  it('fall back to the one below the chosen one when that does not boot', () => {
    const { said, version, write } = boot(twoSlots, [appFor(slot(0)), [0xd000, selectEntry(2)]]);
    expect(version).to.equal('ota_0');
    expect(said.slice(0, 2)).to.deep.equal([
      'OTA app partition slot 1 is not bootable',
      'Loaded app from partition at offset 0x10000',
    ]);
    expect(write, 'the choice stays').to.equal(undefined);
  });

  it('fall back to the one above when nothing below boots, and that is recorded', () => {
    const { version, write } = boot(twoSlots, [appFor(slot(1))]);
    expect(version).to.equal('ota_1');
    expect(write).to.deep.include({ offset: 0xd000, bytes: selectEntry(2, 2) });
  });

  it('are all tried when the choice is torn', () => {
    const { said, version, write } = boot(twoSlots, [...bothApps, [0xd000, selectEntry(2, 0xffffffff, 1)]]);
    expect(said[0]).to.equal('ota data partition invalid and no factory, will try all partitions');
    expect(version).to.equal('ota_0');
    expect(write).to.equal(undefined);
  });

  it('say so when none of them boots', () => {
    const { said, haltedBecause } = boot(twoSlots, []);
    expect(said).to.deep.equal([
      'No factory image, trying OTA 0',
      'OTA app partition slot 0 is not bootable',
      'OTA app partition slot 1 is not bootable',
      'No bootable app partitions in the partition table',
    ]);
    expect(haltedBecause).to.include('image at 0x10000 has invalid magic byte');
  });

  it('come after a factory app while nobody chose, and before it once somebody did', () => {
    const table = [...twoSlots, factory];
    const apps = [...bothApps, appFor(factory)];
    const blank = boot(table, apps);
    expect([blank.version, blank.said[0], blank.write]).to.deep.equal([
      'factory',
      'Defaulting to factory image',
      undefined,
    ]);
    expect(boot(table, [...apps, [0xd000, selectEntry(2)]]).version).to.equal('ota_1');
    const torn = boot(table, [...apps, [0xd000, selectEntry(2, 0xffffffff, 1)]]);
    expect(torn.version).to.equal('factory');
    expect(torn.said[0]).to.equal('ota data partition invalid, falling back to factory');
    const broken = boot(table, [appFor(factory), [0xd000, selectEntry(2)]]);
    expect(broken.version, 'down over slot 0 to the factory app').to.equal('factory');
    expect(broken.said.slice(0, 2)).to.deep.equal([
      'OTA app partition slot 1 is not bootable',
      'OTA app partition slot 0 is not bootable',
    ]);
  });

  it('are tried in order without a partition that says which', () => {
    const { said, version, write } = boot([slot(0), slot(1)], [appFor(slot(1))]);
    expect([version, said[0], write]).to.deep.equal([
      'ota_1',
      'OTA app partition slot 0 is not bootable',
      undefined,
    ]);
  });

  it('are not tried when that partition is too small', () => {
    const { said, haltedBecause } = boot([{ ...otaData, sizeBytes: 0x1000 }, slot(0)], [appFor(slot(0))]);
    expect(said).to.deep.equal(['ota_info partition size 4096 is too small (minimum 8192 bytes)']);
    expect(haltedBecause).to.equal('the OTA data partition is too small');
  });

  it('find the partition for weights by its name', () => {
    expect(boot([...twoSlots, weights], bothApps).app?.weights).to.deep.equal(weights);
    expect(boot(twoSlots, bothApps).app).to.not.have.property('weights');
  });
});
