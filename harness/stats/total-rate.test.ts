import { expect } from 'chai';
import { totalRate } from './total-rate.js';

describe('total rate', () => {
  it('is all the work over all the time, not a mean of rates', () => {
    const pieces = [
      { count: 10, timeUs: 1_000_000 },
      { count: 10, timeUs: 4_000_000 },
    ];
    expect(totalRate(pieces)).to.deep.equal({ value: 4 });
  });

  it('is 0 when time passed and nothing was done', () => {
    expect(totalRate([{ count: 0, timeUs: 5 }])).to.deep.equal({ value: 0 });
  });

  it('is absent, with the reason, without pieces or without time', () => {
    expect(totalRate([])).to.deep.equal({ warning: 'no values' });
    expect(totalRate([{ count: 3, timeUs: 0 }])).to.deep.equal({ warning: '0 us in all: no rate' });
    expect(totalRate([{ count: 3, timeUs: Number.NaN }]).value).to.equal(undefined);
  });
});
