import { PriorityQueue } from './priority-queue.js';

/** What two neighbours become when they are joined, and how good that is. */
export interface Merge {
  readonly id: number;
  readonly score: number;
}

/** What joining two neighbours gives, or undefined when they cannot be joined. */
export type MergeOf = (leftId: number, rightId: number) => Merge | undefined;

interface Candidate extends Merge {
  /** Index of the left piece; it also breaks ties: the leftmost of equal scores goes first. */
  readonly left: number;
  readonly leftId: number;
  readonly rightId: number;
}

/**
 * Byte-pair encoding by score: joins the neighbours whose union scores best, again and again, until none can be joined.
 * Takes O(n log n) for n pieces.
 */
export function mergePieces(pieces: readonly number[], mergeOf: MergeOf): number[] {
  const ids: (number | undefined)[] = [...pieces];
  const next = ids.map((_, i) => i + 1);
  const previous = ids.map((_, i) => i - 1);
  const queue = new PriorityQueue<Candidate>((a, b) => a.score - b.score || b.left - a.left);
  const offer = (left: number): void => {
    const leftId = ids[left];
    const rightId = left < 0 ? undefined : ids[next[left]!];
    if (leftId === undefined || rightId === undefined) return;
    const merge = mergeOf(leftId, rightId);
    if (merge !== undefined) queue.push({ ...merge, left, leftId, rightId });
  };
  for (let i = 0; i < ids.length; i++) offer(i);
  for (let best = queue.pop(); best !== undefined; best = queue.pop()) {
    const { left, leftId, rightId, id } = best;
    const right = next[left]!;
    if (ids[left] !== leftId || ids[right] !== rightId) continue; // one of the two was joined meanwhile
    ids[left] = id;
    ids[right] = undefined;
    const after = next[right]!;
    next[left] = after;
    if (after < ids.length) previous[after] = left;
    offer(previous[left]!);
    offer(left);
  }
  return ids.filter((id) => id !== undefined);
}
