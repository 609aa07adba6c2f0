import { expect } from 'chai';
import { median } from './median.js';

describe('median', () => {
  it('is the middle value, or half way between the two middle ones, in any order', () => {
    expect(median([9, 1, 5])).to.deep.equal({ value: 5 });
    expect(median([10, 1, 9, 4])).to.deep.equal({ value: 6.5 });
    expect(median([10, 9, 100])).to.deep.equal({ value: 10 });
  });

  it('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).to.deep.equal([3, 1, 2]);
  });

  it('is absent, with the reason, without values or with one that is no number', () => {
    expect(median([])).to.deep.equal({ warning: 'no values' });
    expect(median([1, Number.NaN, 2])).to.deep.equal({ warning: 'value 2 of 3 is NaN' });
  });
});
