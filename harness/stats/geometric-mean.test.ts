import { expect } from 'chai';
import { geometricMean } from './geometric-mean.js';

describe('geometric mean', () => {
  it('treats a ratio and its inverse alike', () => {
    expect(geometricMean([4, 1 / 4]).value).to.be.closeTo(1, 1e-15);
    expect(geometricMean([1, 10, 100]).value).to.be.closeTo(10, 1e-12);
  });

  it('neither overflows nor vanishes', () => {
    expect(geometricMean([1e300, 1e300, 1e-300]).value).to.be.closeTo(1e100, 1e87);
  });

  it('is absent, with the reason, where it has no meaning', () => {
    expect(geometricMean([1, 0])).to.deep.equal({ warning: 'value 2 of 2 is 0, not positive' });
    expect(geometricMean([-1])).to.deep.equal({ warning: 'value 1 of 1 is -1, not positive' });
    expect(geometricMean([])).to.deep.equal({ warning: 'no values' });
    expect(geometricMean([1, Number.NaN])).to.deep.equal({ warning: 'value 2 of 2 is NaN' });
  });
});
