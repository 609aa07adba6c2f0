import { expect } from 'chai';
import { leastSquares } from './least-squares.js';

describe('leastSquares', () => {
  it('finds a line through exact points', () => {
    const sizes = [64, 192, 1024, 65_536];
    const fit = leastSquares(
      sizes.map((size) => [1, size]),
      sizes.map((size) => 3.5 + 0.02 * size),
    );
    expect(fit!.coefficients[0]).to.be.closeTo(3.5, 1e-9);
    expect(fit!.coefficients[1]).to.be.closeTo(0.02, 1e-12);
    expect(fit!.worstRelativeError).to.be.below(1e-9);
  });

  it('weighs short times as much as long ones', () => {
    // One constant for 100 and 200: relative errors balance at c = (1/100 + 1/200) / (1/100^2 + 1/200^2) = 120.
    const fit = leastSquares([[1], [1]], [100, 200]);
    expect(fit!.coefficients[0]).to.be.closeTo(120, 1e-9);
    expect(fit!.worstRelativeError).to.be.closeTo(0.4, 1e-9);
  });

  it('refuses to tell apart what always comes together', () => {
    expect(
      leastSquares(
        [
          [1, 2],
          [2, 4],
          [3, 6],
        ],
        [1, 2, 3],
      ),
    ).to.equal(undefined);
  });

  it('says nothing from fewer rows than columns, or from a column that never occurs', () => {
    expect(leastSquares([[1, 2]], [1])).to.equal(undefined);
    expect(
      leastSquares(
        [
          [1, 0],
          [2, 0],
        ],
        [1, 2],
      ),
    ).to.equal(undefined);
  });

  it('refuses values that are not positive', () => {
    expect(() => leastSquares([[1]], [0])).to.throw(RangeError, /positive/);
  });
});
