import { expect } from 'chai';
import { physicalBound } from './physical-bound.js';

const limits = { cardMode: '1-bit', bounceBuffer: true, cardBandwidth: 4, busBandwidth: 20 };

describe('physicalBound', () => {
  it('is the slower of card and bus, which work beside each other', () => {
    expect(physicalBound({ cardBytes: 8000, busBytes: 20_000 }, limits)).to.deep.equal({
      us: 2000,
      by: 'card',
    });
    expect(physicalBound({ cardBytes: 400, busBytes: 20_000 }, limits)).to.deep.equal({
      us: 1000,
      by: 'bus',
    });
  });

  it('is nothing for what moves nothing', () => {
    expect(physicalBound({ cardBytes: 0, busBytes: 0 }, limits).us).to.equal(0);
  });
});
