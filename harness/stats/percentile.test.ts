import { expect } from 'chai';
import { percentile } from './percentile.js';

describe('percentile', () => {
  it('is linear between order statistics, the extremes included', () => {
    const values = [40, 10, 20, 30];
    const at = (percent: number) => percentile(values, percent).value;
    expect([at(0), at(100)]).to.deep.equal([10, 40]);
    expect(at(50)).to.equal(25);
    expect(at(25)).to.equal(17.5);
    expect(at(90)).to.be.closeTo(37, 1e-12);
  });

  it('of one value is that value', () => {
    expect(percentile([7], 99.9)).to.deep.equal({ value: 7 });
  });

  it('is absent, with the reason, without values or outside 0 to 100', () => {
    expect(percentile([], 50)).to.deep.equal({ warning: 'no values' });
    expect(percentile([1], 101)).to.deep.equal({ warning: 'percentile 101 is not within 0 to 100' });
    expect(percentile([1], Number.NaN).value).to.equal(undefined);
  });
});
