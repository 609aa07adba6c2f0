import { expect } from 'chai';
import { exp, log, sinCos } from './exact-math.js';

describe('exact-math', () => {
  it('agrees with exp over its whole range', () => {
    const worst = worstError(-700, 700, 0.37, (x) => exp(x) / Math.exp(x) - 1);
    expect(worst).to.be.below(4e-15);
    expect(exp(0)).to.equal(1);
    expect(exp(-800)).to.equal(0);
    expect(exp(800)).to.equal(Infinity);
  });

  it('agrees with log from tiny to huge', () => {
    const worst = worstError(-27, 27, 0.31, (x) => log(Math.exp(x)) - Math.log(Math.exp(x)));
    expect(worst).to.be.below(5e-15);
    expect(log(1)).to.equal(0);
  });

  it('agrees with sin and cos in every quadrant', () => {
    expect(worstError(0, 600, 0.0937, (x) => sinCos(x)[0] - Math.sin(x))).to.be.below(1e-13);
    expect(worstError(0, 600, 0.0937, (x) => sinCos(x)[1] - Math.cos(x))).to.be.below(1e-13);
  });
});

function worstError(from: number, to: number, step: number, error: (x: number) => number): number {
  let worst = 0;
  for (let x = from; x <= to; x += step) worst = Math.max(worst, Math.abs(error(x)));
  return worst;
}
