import { expect } from 'chai';
import { promptOrder } from './prompt-order.js';

describe('promptOrder', () => {
  it('makes every prompt once in every repeat, after the warm-ups', () => {
    const turns = promptOrder(5, 3, 2, 7);
    expect(turns.slice(0, 2)).to.deep.equal([
      { prompt: 0, repeat: 0 },
      { prompt: 1, repeat: 0 },
    ]);
    for (const repeat of [1, 2, 3]) {
      const prompts = turns.filter((turn) => turn.repeat === repeat).map((turn) => turn.prompt);
      expect(prompts.toSorted()).to.deep.equal([0, 1, 2, 3, 4]);
    }
  });

  it('is the same for the same seed and another for another', () => {
    const order = (seed: number) =>
      promptOrder(5, 4, 0, seed)
        .map((turn) => turn.prompt)
        .join('');
    expect(order(1)).to.equal(order(1));
    expect(order(1)).not.to.equal(order(2));
  });
});
