import { expect } from 'chai';
import { cos, exp, f32, LARGEST_ANGLE, log, rsqrt, sin } from './float32-math.js';
import { crcOf } from './running-crc.js';

const SWEEP = 200_000;

/** Distance between neighbouring binary32 values around x. */
function ulp(x: number): number {
  const next = new Float32Array([Math.abs(x)]);
  const bits = new Uint32Array(next.buffer);
  bits[0]! += 1;
  return next[0]! - f32(Math.abs(x));
}

/** The largest error in ulps of the exact result, over `SWEEP` arguments. */
function worstUlps(
  ours: (x: number) => number,
  exact: (x: number) => number,
  at: (part: number) => number,
): number {
  let worst = 0;
  for (let i = 0; i < SWEEP; i++) {
    const x = f32(at(i / (SWEEP - 1)));
    worst = Math.max(worst, Math.abs(ours(x) - exact(x)) / ulp(exact(x)));
  }
  return worst;
}

function worstError(ours: (x: number) => number, exact: (x: number) => number, top: number): number {
  let worst = 0;
  for (let i = 0; i < SWEEP; i++) {
    const x = f32((top * i) / (SWEEP - 1));
    worst = Math.max(worst, Math.abs(ours(x) - exact(x)));
  }
  return worst;
}

function linear(low: number, high: number): (part: number) => number {
  return (part) => low + (high - low) * part;
}

/** Every size of normal number alike. */
function powers(low: number, high: number): (part: number) => number {
  return (part) => 2 ** (low + (high - low) * part);
}

describe('float32 functions', () => {
  it('exp stays within 1 ulp from -87 to 88', () => {
    expect(worstUlps(exp, Math.exp, linear(-87, 88))).to.be.below(1);
    expect(worstUlps(exp, Math.exp, linear(-1, 1))).to.be.below(1);
  });

  it('exp has the ends that the page gives it', () => {
    expect([exp(0), exp(-0)]).to.deep.equal([1, 1]);
    expect([exp(88.00001), exp(Infinity)]).to.deep.equal([Infinity, Infinity]);
    expect([exp(-87.00001), exp(-Infinity)]).to.deep.equal([0, 0]);
    expect(exp(88)).to.be.closeTo(Math.exp(88), 1e32);
    expect(exp(-87)).to.be.above(2 ** -126);
    expect(exp(Number.NaN)).to.be.NaN;
  });

  it('log stays within 1 ulp over all normal numbers, and around 1', () => {
    expect(worstUlps(log, Math.log, powers(-126, 127))).to.be.below(1);
    expect(worstUlps(log, Math.log, linear(0.5, 2))).to.be.below(1);
    expect(log(1)).to.equal(0);
  });

  it('rsqrt stays within 2.5 ulp over all normal numbers', () => {
    expect(worstUlps(rsqrt, (x) => 1 / Math.sqrt(x), powers(-126, 127))).to.be.below(2.5);
  });

  it('sin and cos stay within 1.3 * 2^-24 of the truth up to the largest angle', () => {
    for (const top of [1, 100, LARGEST_ANGLE]) {
      expect(worstError(sin, Math.sin, top)).to.be.below(1.3 * 2 ** -24);
      expect(worstError(cos, Math.cos, top)).to.be.below(1.3 * 2 ** -24);
    }
  });

  it('sin and cos have the right sign in all eight octants', () => {
    for (let octant = 0; octant < 16; octant++) {
      const x = f32((octant + 0.5) * (Math.PI / 4));
      expect([sin(x), cos(x)].map(Math.sign)).to.deep.equal([Math.sin(x), Math.cos(x)].map(Math.sign));
    }
    expect([sin(0), cos(0)]).to.deep.equal([0, 1]);
  });

  // Results of the page's formulas written down a second time in C and compiled by gcc with -ffp-contract=off.
  const compiled: [name: string, ours: (x: number) => number, low: number, high: number, crc: string][] = [
    ['exp', exp, 1e-3, 86, 'a09682df'],
    ['exp of negative arguments', (x) => exp(-x), 1e-3, 86, '4b5843a4'],
    ['log', log, 2 ** -126, 3e38, 'd695b0c7'],
    ['rsqrt', rsqrt, 2 ** -126, 3e38, '4953f1ca'],
    ['sin', sin, 1e-3, LARGEST_ANGLE, 'ee527ff5'],
    ['cos', cos, 1e-3, LARGEST_ANGLE, '059d18d0'],
  ];
  for (const [name, ours, low, high, crc] of compiled) {
    it(`agrees to the bit with C: ${name}`, () => {
      expect(crcOf(everyNth(low, high).map(ours))).to.equal(crc);
    });
  }
});

/** Every 9973rd binary32 number from `low` to `high`, both positive. */
function everyNth(low: number, high: number): Float32Array {
  const [first, last] = new Uint32Array(Float32Array.of(low, high).buffer);
  const count = Math.floor((last! - first!) / 9973) + 1;
  return new Float32Array(Uint32Array.from({ length: count }, (_, i) => first! + i * 9973).buffer);
}
