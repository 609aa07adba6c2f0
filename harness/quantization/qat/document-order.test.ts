import { expect } from 'chai';
import { documentOrder } from './document-order.js';

const take = (at: (position: number) => number, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => at(from + i));

describe('the order of documents', () => {
  it('has each once before any comes again', () => {
    const at = documentOrder(3, 7);
    for (const epoch of [0, 1, 5]) {
      expect(take(at, epoch * 7, 7).sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    }
  });

  it('is another in every epoch and for every seed, the same for the same', () => {
    const first = take(documentOrder(3, 20), 0, 40);
    expect(first.slice(0, 20)).to.not.deep.equal(first.slice(20));
    expect(take(documentOrder(4, 20), 0, 40)).to.not.deep.equal(first);
    expect(take(documentOrder(3, 20), 13, 20)).to.deep.equal(first.slice(13, 33));
  });
});
