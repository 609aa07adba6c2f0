import { expect } from 'chai';
import { medianInterval } from './median-interval.js';

function oneTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

describe('median interval', () => {
  it('is unbounded below 6 values at 95 %, and says how many it needs', () => {
    for (const n of [1, 2, 5]) {
      expect(medianInterval(oneTo(n))).to.deep.equal({
        warning: `needs at least 6 values for a 95 % interval of the median, there are ${n}`,
      });
    }
    expect(medianInterval([])).to.deep.equal({ warning: 'no values' });
  });

  // Ranks and coverages from exact binomial coefficients.
  const table: [n: number, low: number, high: number, coverage: number][] = [
    [6, 1, 6, 0.96875],
    [8, 1, 8, 0.9921875],
    [9, 2, 8, 0.9609375],
    [10, 2, 9, 0.978515625],
    [15, 4, 12, 0.96484375],
    [20, 6, 15, 0.9586],
    [100, 40, 61, 0.9648],
  ];
  for (const [n, low, high, coverage] of table) {
    it(`runs from rank ${low} to rank ${high} of ${n}`, () => {
      const found = medianInterval(oneTo(n).reverse());
      expect([found.low, found.high]).to.deep.equal([low, high]);
      expect(found.coverage).to.be.closeTo(coverage, 1e-4);
      expect(found).not.to.have.property('warning');
    });
  }

  it('needs more values for more confidence, fewer for less', () => {
    expect(medianInterval(oneTo(7), 0.99).warning).to.contain('needs at least 8 values for a 99 %');
    expect(medianInterval(oneTo(8), 0.99)).to.deep.include({ low: 1, high: 8 });
    expect(medianInterval(oneTo(5), 0.9)).to.deep.include({ low: 1, high: 5 });
  });

  it('stays sane for thousands of values', () => {
    const { low, high, coverage } = medianInterval(oneTo(4000));
    expect(coverage).to.be.within(0.95, 0.953);
    expect(low! + high!).to.equal(4001);
    expect(high! - low!).to.be.closeTo(1.96 * Math.sqrt(4000), 3);
  });
});
