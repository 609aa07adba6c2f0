import { expect } from 'chai';
import { type Choice, cheapestChoice } from './cheapest-choice.js';

describe('the cheapest choice under a budget', () => {
  it('is that of trying all of them, on many small cases', () => {
    let state = 7;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % below;
    };
    let tight = 0;
    for (let round = 0; round < 300; round++) {
      const items = Array.from({ length: 1 + random(5) }, () =>
        Array.from({ length: 1 + random(4) }, () => ({ size: random(50), cost: random(1000) / 8 })),
      );
      const budget = random(50 * items.length);
      const found = cheapestChoice(items, budget);
      const expected = bruteForce(items, budget);
      expect(found && { size: found.size, cost: found.cost }, `round ${round}`).to.deep.equal(expected);
      if (expected === undefined) tight++;
      else expect(found!.indices.reduce((sum, at, i) => sum + items[i]![at]!.size, 0)).to.equal(found!.size);
    }
    expect(tight).to.be.within(10, 200);
  });

  it('takes the smaller of two that cost the same', () => {
    expect(
      cheapestChoice(
        [
          [
            { size: 9, cost: 1 },
            { size: 5, cost: 1 },
          ],
        ],
        10,
      )!.indices,
    ).to.deep.equal([1]);
  });
});

function bruteForce(items: readonly (readonly Choice[])[], budget: number): Choice | undefined {
  let all: Choice[] = [{ size: 0, cost: 0 }];
  for (const choices of items) {
    all = all.flatMap((one) =>
      choices.map((other) => ({ size: one.size + other.size, cost: one.cost + other.cost })),
    );
  }
  return all.filter(({ size }) => size <= budget).toSorted((a, b) => a.cost - b.cost || a.size - b.size)[0];
}
