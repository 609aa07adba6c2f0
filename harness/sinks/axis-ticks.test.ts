import { expect } from 'chai';
import { linearTicks, logTicks } from './axis-ticks.js';

describe('the ticks of an axis', () => {
  it('are round numbers from 0 on that enclose the largest value', () => {
    expect(linearTicks(4.2)).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(linearTicks(3_974_000)).to.deep.equal([0, 1e6, 2e6, 3e6, 4e6]);
  });

  it('enclose all values on a logarithmic axis', () => {
    expect(logTicks([0.0955, 3.15])).to.deep.equal([0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
    expect(logTicks([1])).to.deep.equal([1, 2]);
  });
});
