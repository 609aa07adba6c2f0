import { expect } from 'chai';
import { mean, total } from './mean.js';

describe('mean', () => {
  it('is the sum over the count', () => {
    expect(mean([1, 2, 6])).to.deep.equal({ value: 3 });
    expect(mean(Float32Array.of(1, 2))).to.deep.equal({ value: 1.5 });
  });

  it('keeps small terms among large ones', () => {
    expect(total([1, 1e100, 1, -1e100])).to.equal(2);
    expect(total(new Array(10).fill(0.1))).to.equal(1);
  });

  it('is absent, with the reason, without finite values', () => {
    expect(mean([])).to.deep.equal({ warning: 'no values' });
    expect(mean([1, Infinity])).to.deep.equal({ warning: 'value 2 of 2 is Infinity' });
  });
});
