import { expect } from 'chai';
import { exp, log, sinCos } from './exact-math.js';

describe('exact-math', () => {
  it('agrees with exp over its whole range', () => {
    for (let x = -700; x <= 700; x += 0.37) expect(exp(x) / Math.exp(x)).to.be.closeTo(1, 4e-15);
    expect(exp(0)).to.equal(1);
    expect(exp(-800)).to.equal(0);
    expect(exp(800)).to.equal(Infinity);
  });

  it('agrees with log from tiny to huge', () => {
    for (let x = 1e-12; x < 1e12; x *= 1.37) {
      expect(log(x)).to.be.closeTo(Math.log(x), 2e-15 * Math.max(1, Math.abs(Math.log(x))));
    }
    expect(log(1)).to.equal(0);
  });

  it('agrees with sin and cos in every quadrant', () => {
    for (let x = 0; x < 600; x += 0.0937) {
      const [sin, cos] = sinCos(x);
      expect(sin).to.be.closeTo(Math.sin(x), 1e-13);
      expect(cos).to.be.closeTo(Math.cos(x), 1e-13);
    }
  });
});
