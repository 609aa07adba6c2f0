import { expect } from 'chai';
import { paretoFront } from './pareto.js';

const point = (cost: number, gain: number) => ({ cost, gain });

describe('paretoFront', () => {
  it('keeps what nothing beats, in order of cost', () => {
    const cheap = point(1, 1);
    const good = point(3, 5);
    const between = point(2, 3);
    expect(paretoFront([good, point(3, 4), cheap, point(2, 1), between])).to.deep.equal([
      cheap,
      between,
      good,
    ]);
  });

  it('keeps one of several equal points', () => {
    expect(paretoFront([point(1, 1), point(1, 1)])).to.have.length(1);
  });

  it('drops a dearer point that gains no more', () => {
    expect(paretoFront([point(1, 2), point(5, 2)])).to.deep.equal([point(1, 2)]);
  });

  it('is empty for no points', () => {
    expect(paretoFront([])).to.deep.equal([]);
  });

  it('leaves no point that another one of the input beats, for seeded random points', () => {
    let state = 7;
    const next = (): number => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state % 20;
    };
    const points = Array.from({ length: 200 }, () => point(next(), next()));
    const front = paretoFront(points);
    for (const kept of front) {
      const beaten = points.some(
        (other) =>
          other.cost <= kept.cost &&
          other.gain >= kept.gain &&
          (other.cost < kept.cost || other.gain > kept.gain),
      );
      expect(beaten).to.equal(false);
    }
    for (const one of points) {
      const covered = front.some((kept) => kept.cost <= one.cost && kept.gain >= one.gain);
      expect(covered).to.equal(true);
    }
  });
});
