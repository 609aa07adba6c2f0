import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { largestLogits, requireFiniteLogits, topToken } from './largest-logits.js';

describe('largest logits', () => {
  it('come in falling order, equal ones by rising id', () => {
    const logits = Float32Array.of(1, 7, 3, 7, -1, 3);
    expect(largestLogits(logits, 4)).to.deep.equal([
      { id: 1, logit: 7 },
      { id: 3, logit: 7 },
      { id: 2, logit: 3 },
      { id: 5, logit: 3 },
    ]);
    expect(largestLogits(logits, 3).map(({ id }) => id)).to.deep.equal([1, 3, 2]);
  });

  it('are what sorting gives', () => {
    const logits = Float32Array.from({ length: 300 }, (_, i) => (i * 7919) % 101);
    const sorted = [...logits.keys()].toSorted((a, b) => logits[b]! - logits[a]! || a - b);
    for (const count of [1, 5, 64, 300, 400]) {
      expect(largestLogits(logits, count).map(({ id }) => id)).to.deep.equal(sorted.slice(0, count));
    }
    expect(topToken(logits)).to.equal(sorted[0]);
  });

  it('are refused when one is not finite, naming model, position and token', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const refuse = () => requireFiniteLogits(Float32Array.of(0, 1, bad), 'toy', 4);
      expect(refuse).to.throw(ConfigError, `toy gives logit ${bad} for token 2 at position 4`);
    }
    requireFiniteLogits(Float32Array.of(0, -3e38), 'toy', 4);
  });
});
