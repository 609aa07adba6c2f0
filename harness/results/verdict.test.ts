import { expect } from 'chai';
import { combineVerdicts } from './verdict.js';

describe('combineVerdicts', () => {
  it('passes when nothing failed', () => {
    expect(combineVerdicts([])).to.equal('pass');
    expect(combineVerdicts(['pass', 'pass'])).to.equal('pass');
  });

  it('lets the failure that explains the others win', () => {
    expect(combineVerdicts(['inconclusive', 'product-fail'])).to.equal('product-fail');
    expect(combineVerdicts(['product-fail', 'infra-fail'])).to.equal('infra-fail');
    expect(combineVerdicts(['infra-fail', 'config-error'])).to.equal('config-error');
    expect(combineVerdicts(['config-error', 'harness-bug', 'pass'])).to.equal('harness-bug');
  });
});
