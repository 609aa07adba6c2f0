import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import { FlashChip, type FlashOperation } from './flash-chip.js';
import { loadFlash, openFlashFile, saveFlash } from './flash-chip-file.js';
import { standardFlashTimes } from './flash-times.js';

describe('flash chip', () => {
  it('is blank at first', () => {
    expect([...new FlashChip().read(0x1ffe, 4)]).to.deep.equal([255, 255, 255, 255]);
  });

  it('programs over sector boundaries and reads it back', () => {
    const flash = new FlashChip();
    const data = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
    flash.program(0x0ff0, data);
    expect(flash.read(0x0ff0, data.length)).to.deep.equal(data);
    expect([...flash.read(0x0fef, 2)]).to.deep.equal([255, 0]);
  });

  it('only clears bits when programming without an erase', () => {
    const flash = new FlashChip();
    flash.program(0, Uint8Array.of(0b1100));
    flash.program(0, Uint8Array.of(0b1010));
    expect(flash.read(0, 1)[0]).to.equal(0b1000);
  });

  it('erases every sector that a range touches, and no other', () => {
    const flash = new FlashChip();
    flash.program(0, new Uint8Array(0x4000));
    flash.erase(0x1fff, 2);
    expect([0x0fff, 0x1000, 0x2fff, 0x3000].map((at) => flash.read(at, 1)[0])).to.deep.equal([
      0, 255, 255, 0,
    ]);
  });

  it('works by pages, sectors and blocks, each of which takes its time', () => {
    const flash = new FlashChip();
    const done: FlashOperation[] = [];
    flash.powerBy({
      run: (operation, perform) => {
        done.push(operation);
        perform(1);
      },
    });
    const { pageProgramUs, sectorEraseUs, blockEraseUs, chipEraseUs } = standardFlashTimes();
    flash.program(0xff, new Uint8Array(2));
    flash.erase(0xf000, 0x12000);
    flash.erase(0, 0);
    flash.eraseChip();
    expect(done).to.deep.equal([
      { kind: 'program', offset: 0xff, bytes: 1, durationUs: pageProgramUs },
      { kind: 'program', offset: 0x100, bytes: 1, durationUs: pageProgramUs },
      { kind: 'erase', offset: 0xf000, bytes: 0x1000, durationUs: sectorEraseUs },
      { kind: 'erase', offset: 0x10000, bytes: 0x10000, durationUs: blockEraseUs },
      { kind: 'erase', offset: 0x20000, bytes: 0x1000, durationUs: sectorEraseUs },
      { kind: 'erase', offset: 0, bytes: 4 << 20, durationUs: chipEraseUs },
    ]);
  });

  it('refuses what lies outside of the chip', () => {
    const flash = new FlashChip();
    expect(() => flash.read(flash.bytes - 1, 2)).to.throw(RangeError);
    expect(() => flash.program(flash.bytes, new Uint8Array(1))).to.throw(RangeError);
  });

  it('answers with the capacity of its size', () => {
    expect(new FlashChip(4 << 20).jedecId).to.deep.equal({ manufacturer: 0xef, type: 0x40, capacity: 0x16 });
  });
});

/** A chip whose power lasts for `part` of its next operation, and is gone then. */
function dying(flash: FlashChip, part: number): FlashChip {
  flash.powerBy({
    run: (_operation, perform) => {
      perform(part);
      throw new Error('no power');
    },
  });
  return flash;
}

const bitsSet = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);

describe('flash chip that loses power', () => {
  const full = (fill: number): FlashChip => {
    const flash = new FlashChip();
    flash.program(0, new Uint8Array(0x30000).fill(fill));
    return flash;
  };

  it('has programmed the bytes before that, some bits of one, and nothing after it', () => {
    const flash = dying(new FlashChip(), 0.5);
    expect(() => flash.program(0x1000, new Uint8Array(1000))).to.throw('no power');
    const left = flash.read(0x1000, 1000);
    expect(left.slice(0, 128)).to.deep.equal(new Uint8Array(128));
    expect(left.slice(129)).to.deep.equal(new Uint8Array(871).fill(255));
  });

  it('never sets a bit by programming, wherever it ends', () => {
    for (let part = 0; part < 1; part += 0.01) {
      const flash = full(0x5a);
      expect(() => dying(flash, part).program(0, new Uint8Array(256).fill(0x99))).to.throw('no power');
      expect(flash.read(0, 256).every((byte) => (byte & ~0x5a) === 0 && (byte & 0x18) === 0x18)).to.equal(
        true,
      );
    }
  });

  it('holds ever fewer set bits early in an erase, and ever more later, the same ones each time', () => {
    const leftAfter = (part: number): Uint8Array => {
      const flash = full(0x5a);
      expect(() => dying(flash, part).erase(0x1000, 0x1000)).to.throw('no power');
      expect(flash.read(0, 0x1000), 'its neighbour').to.deep.equal(new Uint8Array(0x1000).fill(0x5a));
      return flash.read(0x1000, 0x1000);
    };
    const counts = [0, 0.1, 0.19, 0.25, 0.6, 0.9, 0.99].map((part) => bitsSet(leftAfter(part)));
    expect(counts[0]).to.equal(0x4000);
    expect(counts[1]).to.be.within(0x1f00, 0x2100);
    expect(counts[2]).to.be.below(0x400);
    expect(counts.slice(3)).to.deep.equal([...counts.slice(3)].sort((a, b) => a - b));
    expect(counts[6]).to.be.within(0x7e00, 0x7fff);
    const again = [0.6, 0.6].map(leftAfter);
    expect(again[0]).to.deep.equal(again[1]);
  });

  it('loses a whole block when one was being erased, and the blocks before it when it was the chip', () => {
    const block = full(0);
    expect(() => dying(block, 0.5).erase(0x10000, 0x10000)).to.throw('no power');
    const sectors = [0xf000, 0x10000, 0x1f000, 0x20000].map((at) => bitsSet(block.read(at, 0x1000)));
    expect(sectors.map((count) => count > 0)).to.deep.equal([false, true, true, false]);
    const chip = full(0);
    expect(() => dying(chip, 1.5 / 64).eraseChip()).to.throw('no power');
    expect(bitsSet(chip.read(0, 0x10000))).to.equal(0x80000);
    expect(bitsSet(chip.read(0x10000, 0x10000))).to.be.within(1, 0x7ffff);
    expect(bitsSet(chip.read(0x20000, 0x10000))).to.equal(0);
  });
});

describe('flash chip file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-flash-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps what was written, and stays as small as that', () => {
    const flash = new FlashChip();
    flash.program(0x1000, Uint8Array.of(1, 2, 3));
    flash.program(0x200000, Uint8Array.of(4));
    const path = join(folder, 'deeper', 'flash.bin');
    saveFlash(flash, path);
    expect(statSync(path).blocks * 512, 'on a file system with sparse files').to.be.below(40_000);
    const loaded = loadFlash(path);
    expect([...loaded.read(0x1000, 4)]).to.deep.equal([1, 2, 3, 255]);
    expect([...loaded.writtenSectors()].map(({ offset }) => offset)).to.deep.equal([0x1000, 0x200000]);
  });

  it('follows each operation, so that a process that dies leaves what a power cut would', () => {
    const path = join(folder, 'flash.bin');
    const { flash, close } = openFlashFile(path);
    flash.program(0x1000, new Uint8Array(0x2000));
    flash.erase(0x2000, 0x1000);
    expect(() => dying(flash, 0.5).program(0x2000, new Uint8Array(256))).to.throw('no power');
    const onDisk = loadFlash(path);
    expect(onDisk.read(0x1000, 0x2000)).to.deep.equal(flash.read(0x1000, 0x2000));
    expect([...onDisk.read(0x207f, 1), ...onDisk.read(0x2081, 1)]).to.deep.equal([0, 255]);
    close();
  });

  it('is a blank chip without a file, and an error with a foreign one', () => {
    const path = join(folder, 'flash.bin');
    expect([...loadFlash(path).writtenSectors()]).to.deep.equal([]);
    writeFileSync(path, 'something else');
    expect(() => loadFlash(path)).to.throw(InfraError, 'does not hold a virtual flash chip');
  });
});
