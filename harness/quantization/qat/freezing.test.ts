import { expect } from 'chai';
import { type Freezable, fixedShare, fixNearest } from './freezing.js';

class Distances implements Freezable {
  readonly fixed: Uint8Array;
  constructor(private readonly distances: readonly number[]) {
    this.fixed = new Uint8Array(distances.length);
  }
  distance(index: number): number {
    return this.distances[index]!;
  }
  fix(index: number): void {
    expect(this.fixed[index], 'fixed twice').to.equal(0);
    this.fixed[index] = 1;
  }
}

describe('fixing weights to codes', () => {
  it('begins after the free share, and ends with the last step', () => {
    expect([0, 0.1, 0.2].map((done) => fixedShare(done, 0.2))).to.deep.equal([0, 0, 0]);
    expect(fixedShare(1, 0.2)).to.equal(1);
    expect(fixedShare(0.6, 0.2)).to.be.closeTo(0.875, 1e-12);
    for (let done = 0.25; done < 1; done += 0.05)
      expect(fixedShare(done + 0.05, 0.2)).to.be.above(fixedShare(done, 0.2));
  });

  it('takes the nearest of all matrices, equally near ones in their order, and none twice', () => {
    const [a, b] = [new Distances([0.9, 0.1, 0.5]), new Distances([0.5, 0.5, 7, 0])];
    fixNearest([a, b], 2 / 7);
    expect([[...a.fixed], [...b.fixed]]).to.deep.equal([
      [0, 1, 0],
      [0, 0, 0, 1],
    ]);
    fixNearest([a, b], 4 / 7);
    expect([[...a.fixed], [...b.fixed]]).to.deep.equal([
      [0, 1, 1],
      [1, 0, 0, 1],
    ]);
    fixNearest([a, b], 3 / 7);
    fixNearest([a, b], 1);
    expect([...a.fixed, ...b.fixed].every((fixed) => fixed === 1)).to.equal(true);
    fixNearest([a, b], 1);
  });
});
