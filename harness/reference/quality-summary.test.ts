import { expect } from 'chai';
import type { PositionQuality } from './quality.js';
import { summarizeQuality } from './quality-summary.js';

function position(change: Partial<PositionQuality> = {}): PositionQuality {
  return {
    maxAbsDelta: 0.5,
    klDivergence: 0.01,
    topTokenEqual: true,
    referenceLogProbability: Math.log(0.5),
    testLogProbability: Math.log(0.5),
    ...change,
  };
}

describe('quality summary', () => {
  it('gives means with standard errors, percentiles, the largest difference and the agreement', () => {
    const found = summarizeQuality([
      position({ klDivergence: 0.1 }),
      position({ klDivergence: 0.2, maxAbsDelta: 3 }),
      position({ klDivergence: 0.3, topTokenEqual: false }),
      position({ klDivergence: 0.4 }),
    ]);
    expect(found.positions).to.equal(4);
    expect(found.klDivergence.mean.value).to.be.closeTo(0.25, 1e-15);
    expect(found.klDivergence.standardError.value).to.be.closeTo(Math.sqrt(0.05 / 3 / 4), 1e-15);
    const percentiles = new Map(found.klDivergence.percentiles.map(({ percent, value }) => [percent, value]));
    expect(percentiles.get(0)).to.equal(0.1);
    expect(percentiles.get(50)).to.be.closeTo(0.25, 1e-15);
    expect(percentiles.get(25)).to.be.closeTo(0.175, 1e-15);
    expect(percentiles.get(100)).to.equal(0.4);
    expect(found.maxAbsDelta.value).to.equal(3);
    expect(found.topTokenAgreement.value).to.equal(0.75);
    expect(found.findings).to.deep.equal([]);
  });

  it('pairs positions for the ratio of perplexities: what both find hard cancels', () => {
    const hard = [-9, -0.1, -4, -7].map((logP) =>
      position({ referenceLogProbability: logP, testLogProbability: logP - 0.02 }),
    );
    const { lnPerplexityRatio } = summarizeQuality(hard);
    expect(lnPerplexityRatio.mean.value).to.be.closeTo(0.02, 1e-12);
    expect(lnPerplexityRatio.standardError.value).to.be.below(1e-12);
  });

  it('gives the change of probability of the true token', () => {
    const at = (reference: number, test: number) =>
      position({ referenceLogProbability: Math.log(reference), testLogProbability: Math.log(test) });
    const { deltaProbability } = summarizeQuality([at(0.5, 0.4), at(0.2, 0.5)]);
    expect(deltaProbability.mean.value).to.be.closeTo(0.1, 1e-12);
    expect(deltaProbability.rootMeanSquare.value).to.be.closeTo(Math.sqrt((0.01 + 0.09) / 2), 1e-12);
  });

  it('has no standard error for one position, and nothing at all for none', () => {
    const one = summarizeQuality([position()]);
    expect(one.klDivergence.mean.value).to.equal(0.01);
    expect(one.klDivergence.standardError).to.deep.equal({ warning: 'needs at least 2 values, there are 1' });
    const none = summarizeQuality([]);
    expect(none.klDivergence.mean).to.deep.equal({ warning: 'no values' });
    expect(none.klDivergence.percentiles).to.deep.equal([]);
    expect(none.maxAbsDelta.value).to.equal(undefined);
    expect(JSON.stringify(none)).not.to.contain('null');
  });

  it('reports a KL below zero as a finding, unclamped, but not its rounding', () => {
    const found = summarizeQuality([position({ klDivergence: -1e-15 }), position({ klDivergence: -1e-4 })]);
    expect(found.findings).to.have.length(1);
    expect(found.findings[0]).to.contain('negative at 1 of 2 positions, the first at position 1 (-1.000e-4)');
    expect(found.klDivergence.mean.value).to.be.below(0);
    expect(summarizeQuality([position({ klDivergence: -1e-15 })]).findings).to.deep.equal([]);
  });
});
