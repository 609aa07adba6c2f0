import { expect } from 'chai';
import { FlashChip, sectorBytes } from './flash-chip.js';
import { WeightsPartition } from './weights-partition.js';

describe('weights partition', () => {
  const place = { offset: 0x150000, sizeBytes: 4 * sectorBytes };
  const filled = (value: number): Uint8Array => new Uint8Array(sectorBytes).fill(value);
  const make = () => {
    const flash = new FlashChip();
    const memory = new Uint8Array(place.sizeBytes);
    return { flash, memory, weights: new WeightsPartition(flash, place) };
  };

  it('shows what is in flash once it is mapped, and every change after that', () => {
    const { flash, memory, weights } = make();
    flash.program(place.offset + sectorBytes, filled(0x3c));
    expect(weights.map(() => memory)).to.equal(0);
    expect([memory[0], memory[sectorBytes]]).to.deep.equal([0xff, 0x3c]);
    expect(weights.write(sectorBytes - 2, Uint8Array.of(1, 2, 0xf0))).to.equal(0);
    const programmed = [1, 2, 0x3c & 0xf0];
    expect([...memory.subarray(sectorBytes - 2, sectorBytes + 1)]).to.deep.equal(programmed);
    expect([...flash.read(place.offset + sectorBytes - 2, 3)]).to.deep.equal(programmed);
    expect(weights.erase(sectorBytes, sectorBytes)).to.equal(0);
    expect([memory[sectorBytes - 1], memory[sectorBytes]]).to.deep.equal([2, 0xff]);
    expect(memory).to.deep.equal(flash.read(place.offset, place.sizeBytes));
  });

  it('looks its memory up at each change, since it may have moved', () => {
    const { memory, weights } = make();
    let now = memory;
    weights.map(() => now);
    now = new Uint8Array(place.sizeBytes);
    weights.write(0, Uint8Array.of(7));
    expect([now[0], memory[0]]).to.deep.equal([7, 0xff]);
  });

  it('refuses what leads out of it or is no whole sector, and changes nothing then', () => {
    const { flash, weights } = make();
    flash.program(place.offset + place.sizeBytes, filled(0x11));
    expect(weights.erase(0, 5 * sectorBytes)).to.equal(-9);
    expect(weights.erase(100, sectorBytes)).to.equal(-9);
    expect(weights.erase(0, 100)).to.equal(-9);
    expect(weights.write(place.sizeBytes - 1, Uint8Array.of(1, 2))).to.equal(-9);
    expect(weights.changed).to.equal(false);
    expect([...flash.writtenSectors()].length).to.equal(1);
    expect(weights.erase(3 * sectorBytes, sectorBytes)).to.equal(0);
    expect(flash.read(place.offset + place.sizeBytes, 1)[0], 'the next partition').to.equal(0x11);
    expect(weights.changed).to.equal(true);
  });

  it('is none on a board without it', () => {
    const weights = new WeightsPartition(new FlashChip(), undefined);
    expect(weights.bytes).to.equal(0);
    expect(weights.map(() => new Uint8Array(0))).to.equal(-1);
    expect([weights.erase(0, sectorBytes), weights.write(0, Uint8Array.of(1))]).to.deep.equal([-9, -9]);
  });
});
