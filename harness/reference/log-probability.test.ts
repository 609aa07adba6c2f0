import { expect } from 'chai';
import { f32 } from './float32-math.js';
import { logProbability } from './log-probability.js';

describe('log-probability', () => {
  it('agrees with binary64 to a few ulps, however large the logits are', () => {
    for (const offset of [0, 100, -5000]) {
      const logits = Float32Array.from({ length: 1001 }, (_, i) => offset + 8 * Math.sin(i));
      const all = Math.log(logits.reduce((total, logit) => total + Math.exp(logit - offset), 0));
      for (const id of [0, 500, 1000]) {
        const value = logProbability(logits, id);
        expect(value).to.be.closeTo(logits[id]! - offset - all, 3e-6);
        expect(value).to.equal(f32(value));
      }
    }
  });

  it('is 0 for the only token that can come', () => {
    expect(logProbability(Float32Array.of(500, 0, 0), 0)).to.equal(0);
  });
});
