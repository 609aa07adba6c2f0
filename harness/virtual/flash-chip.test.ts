import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import { FlashChip, flashTimesUs } from './flash-chip.js';
import { loadFlash, saveFlash } from './flash-chip-file.js';

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

  it('tells the time of each operation', () => {
    const flash = new FlashChip();
    expect(flash.program(0xff, new Uint8Array(2))).to.equal(2 * flashTimesUs.pageProgram);
    expect(flash.erase(0xf000, 0x12000)).to.equal(2 * flashTimesUs.sectorErase + flashTimesUs.blockErase);
    expect(flash.erase(0, 0)).to.equal(0);
    expect(flash.eraseChip()).to.equal(flashTimesUs.chipErase);
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
    expect(statSync(path).size).to.be.below(10_000);
    const loaded = loadFlash(path);
    expect([...loaded.read(0x1000, 4)]).to.deep.equal([1, 2, 3, 255]);
    expect([...loaded.writtenSectors()].map(({ offset }) => offset)).to.deep.equal([0x1000, 0x200000]);
  });

  it('is a blank chip without a file, and an error with a foreign one', () => {
    const path = join(folder, 'flash.bin');
    expect([...loadFlash(path).writtenSectors()]).to.deep.equal([]);
    writeFileSync(path, 'something else');
    expect(() => loadFlash(path)).to.throw(InfraError, 'does not hold a virtual flash chip');
  });
});
