import { expect } from 'chai';
import { type MergeOf, mergePieces } from './merge-pieces.js';
import { PriorityQueue } from './priority-queue.js';
import { type RandomBits, randomBits } from './random-bits.js';

/** The definition: look at all neighbours, join the best (the leftmost of equals), start again. */
function mergeSlowly(pieces: readonly number[], mergeOf: MergeOf): number[] {
  const ids = [...pieces];
  for (;;) {
    let best = -1;
    let found: { id: number; score: number } | undefined;
    for (let i = 0; i + 1 < ids.length; i++) {
      const merge = mergeOf(ids[i]!, ids[i + 1]!);
      if (merge !== undefined && (found === undefined || merge.score > found.score)) {
        found = merge;
        best = i;
      }
    }
    if (found === undefined) return ids;
    ids.splice(best, 2, found.id);
  }
}

/** Random joins over few ids, with many equal scores and joins that lead back to themselves. */
function randomMerges(next: RandomBits): MergeOf {
  const table = new Map<string, { id: number; score: number }>();
  for (let i = 0; i < 14; i++)
    table.set(`${next() % 6} ${next() % 6}`, { id: next() % 6, score: next() % 4 });
  return (left, right) => table.get(`${left} ${right}`);
}

describe('mergePieces', () => {
  it('joins as its definition says, on random joins with ties', () => {
    const next = randomBits(8);
    for (let i = 0; i < 3000; i++) {
      const mergeOf = randomMerges(next);
      const pieces = Array.from({ length: next() % 16 }, () => next() % 6);
      expect(mergePieces(pieces, mergeOf)).to.deep.equal(mergeSlowly(pieces, mergeOf));
    }
  });
});

describe('PriorityQueue', () => {
  it('gives the largest first, with pushes in between', () => {
    const next = randomBits(9);
    const queue = new PriorityQueue<number>((a, b) => a - b);
    const held: number[] = [];
    for (let i = 0; i < 5000; i++) {
      if (next() % 3 > 0) {
        const item = next() % 50;
        queue.push(item);
        held.push(item);
      } else {
        held.sort((a, b) => a - b);
        expect(queue.pop()).to.equal(held.pop());
      }
    }
  });
});
