import { expect } from 'chai';
import { md5Of, partsOf, runsOf } from './flash-parts.js';
import { flashRates } from './flash-rates.js';

describe('parts of a region', () => {
  const bytes = Uint8Array.from({ length: 0x28000 }, (_, i) => i >> 8);
  const region = { offset: 0x1f000, bytes };
  const placesOf = (pieces: readonly { offset: number; bytes: Uint8Array }[]): [number, number][] =>
    pieces.map((piece) => [piece.offset, piece.bytes.length]);

  it('end at 64 KB of the flash, and cover every byte once', () => {
    const parts = partsOf(region);
    expect(placesOf(parts)).to.deep.equal([
      [0x1f000, 0x1000],
      [0x20000, 0x10000],
      [0x30000, 0x10000],
      [0x40000, 0x7000],
    ]);
    expect(Buffer.concat(parts.map((part) => part.bytes)).equals(Buffer.from(bytes))).to.equal(true);
    expect(parts[1]!.md5).to.equal(md5Of(bytes.subarray(0x1000, 0x11000)));
  });

  it('are written together with their neighbours', () => {
    const parts = partsOf(region);
    expect(placesOf(runsOf(region, [parts[0]!, parts[1]!, parts[3]!]))).to.deep.equal([
      [0x1f000, 0x11000],
      [0x40000, 0x7000],
    ]);
    expect(runsOf(region, [])).to.deep.equal([]);
  });
});

describe('rates of the attempts', () => {
  it('go down by steps to 115200, which is tried again', () => {
    expect(flashRates(921_600)).to.deep.equal([921_600, 460_800, 230_400, 115_200, 115_200, 115_200]);
  });

  it('stay where they are when a lower one was asked for', () => {
    expect(flashRates(57_600)).to.deep.equal([57_600, 57_600, 57_600]);
  });
});
