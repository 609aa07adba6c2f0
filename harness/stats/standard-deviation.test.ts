import { expect } from 'chai';
import { standardDeviation, standardError } from './standard-deviation.js';

describe('sample standard deviation', () => {
  it('divides by n - 1', () => {
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]).value).to.be.closeTo(Math.sqrt(32 / 7), 1e-15);
    expect(standardDeviation([3, 3])).to.deep.equal({ value: 0 });
  });

  it('does not cancel far from zero', () => {
    expect(standardDeviation([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]).value).to.be.closeTo(
      Math.sqrt(30),
      1e-12,
    );
  });

  it('gives the standard error of the mean', () => {
    expect(standardError([1, 2, 3, 4]).value).to.be.closeTo(Math.sqrt(5 / 3) / 2, 1e-15);
  });

  it('is absent, with the reason, for fewer than two values', () => {
    expect(standardDeviation([1])).to.deep.equal({ warning: 'needs at least 2 values, there are 1' });
    expect(standardError([])).to.deep.equal({ warning: 'no values' });
  });
});
