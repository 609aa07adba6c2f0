import { expect } from 'chai';
import { MemoryMap } from './memory-map.js';

describe('memory map', () => {
  const sizes = { internal: 1000, psram: 4000, flash: 500, internalUpper: 300 };

  it('tells which memory an address lies in; what was never declared is internal', () => {
    const map = new MemoryMap(sizes);
    map.declare('internal', 5000, 1000);
    map.declare('psram', 6000, 4000);
    map.declare('flash', 20_000, 500);
    map.declare('internalUpper', 30_000, 300);
    expect(
      [100, 5000, 5999, 6000, 9999, 10_000, 20_000, 20_500, 30_000].map((address) => map.regionOf(address)),
    ).to.deep.equal([
      'internal',
      'internal',
      'internal',
      'psram',
      'psram',
      'internal',
      'flash',
      'internal',
      'internal',
    ]);
  });

  it('refuses more memory than the board has, the same memory twice, and one inside another', () => {
    const map = new MemoryMap(sizes);
    expect(() => map.declare('psram', 0, 4001)).to.throw(RangeError, 'the board has 4000');
    map.declare('psram', 1000, 4000);
    expect(() => map.declare('psram', 6000, 10)).to.throw(RangeError, 'twice');
    expect(() => map.declare('internal', 4999, 10)).to.throw(RangeError, 'overlaps');
    expect(() => map.declare('internal', 5000, 10)).not.to.throw();
  });
});
