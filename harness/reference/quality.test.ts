import { expect } from 'chai';
import { compareLogits, comparePosition, logSumExp } from './quality.js';

const LN2 = Math.LN2;

describe('quality of logits', () => {
  it('finds no difference between equal logits', () => {
    const logits = Float32Array.of(1, 2, 3);
    expect(compareLogits(logits, logits.slice())).to.deep.equal({
      maxAbsDelta: 0,
      klDivergence: 0,
      topTokenEqual: true,
    });
  });

  it('computes KL(reference || test), not the other way round', () => {
    // p = (1/2, 1/2) and q = (1/4, 3/4).
    const found = compareLogits(Float32Array.of(0, 0), Float32Array.of(0, Math.log(3)))!;
    expect(found.klDivergence).to.be.closeTo(0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75), 1e-7);
    const other = compareLogits(Float32Array.of(0, Math.log(3)), Float32Array.of(0, 0))!;
    expect(other.klDivergence).to.be.closeTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 1e-7);
  });

  it('sees the largest difference and a changed top token; a shift of all logits changes no distribution', () => {
    const reference = Float32Array.of(1, 4, 2);
    expect(compareLogits(reference, Float32Array.of(1, 4, 4.5))).to.deep.include({
      maxAbsDelta: 2.5,
      topTokenEqual: false,
    });
    const shifted = compareLogits(
      reference,
      reference.map((logit) => logit + 512),
    )!;
    expect(shifted).to.deep.include({ maxAbsDelta: 512, topTokenEqual: true });
    expect(Math.abs(shifted.klDivergence)).to.be.below(1e-12);
  });

  it('keeps its rounding below what is reported as negative, over a large vocabulary and large logits', () => {
    for (const scale of [1, 30, 500]) {
      // Multiples of 2^-10, so that the shift is exact and the true divergence is 0.
      const steps = Float32Array.from({ length: 32_000 }, (_, i) =>
        Math.round(scale * Math.sin(i * i) * 1024),
      );
      const reference = steps.map((step) => step / 1024);
      const shifted = reference.map((logit) => logit + 1024);
      expect(Math.abs(compareLogits(reference, shifted)!.klDivergence), `scale ${scale}`).to.be.below(1e-12);
    }
  });

  it('survives logits far beyond what exp can take', () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).to.be.closeTo(1000 + LN2, 1e-12);
    expect(logSumExp(Float32Array.of(-1000, -1000))).to.be.closeTo(-1000 + LN2, 1e-12);
    const found = compareLogits(Float32Array.of(3000, 0), Float32Array.of(0, 3000))!;
    expect(found.klDivergence).to.be.closeTo(3000, 1e-9);
  });

  it('is absent where there is nothing to compare', () => {
    const fine = Float32Array.of(0, 1);
    expect(compareLogits(fine, Float32Array.of(0))).to.equal(undefined);
    expect(compareLogits(fine, Float32Array.of(0, Number.NaN))).to.equal(undefined);
    expect(compareLogits(Float32Array.of(0, Infinity), fine)).to.equal(undefined);
    expect(compareLogits(new Float32Array(), new Float32Array())).to.equal(undefined);
    expect(comparePosition(fine, fine, 2)).to.equal(undefined);
  });

  it('knows what each side thinks of the true token', () => {
    const found = comparePosition(Float32Array.of(0, 0), Float32Array.of(0, Math.log(3)), 1)!;
    expect(found.referenceLogProbability).to.be.closeTo(Math.log(0.5), 1e-7);
    expect(found.testLogProbability).to.be.closeTo(Math.log(0.75), 1e-7);
    expect(found.klDivergence).to.be.above(0);
  });
});
