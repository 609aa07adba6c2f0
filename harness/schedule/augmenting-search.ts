import { type BitSet, forEach, lowestBit, remove } from './bit-set.js';
import { free, type MatchState, reflashes } from './match-state.js';

const unreached = Number.MAX_SAFE_INTEGER;

/** As the board before: none, a job without a board comes here. */
export const source = -1;

/**
 * Shortest augmenting paths by Dijkstra's algorithm with a bucket for each distance: from board to board by the job that
 * has the one and fits the other. Once it has run, `distance` and `before` tell what it found.
 */
export class AugmentingSearch {
  /** Reflashes on the shortest way to each board, in reduced costs. */
  readonly distance: Float64Array;
  /** The board before each on its way, or `source`. */
  readonly before: Int32Array;
  readonly #state: MatchState;
  /** Boards that a shorter way may still be found to. */
  readonly #open: BitSet;
  #buckets: number[][] = [];

  constructor(state: MatchState) {
    this.#state = state;
    this.distance = new Float64Array(state.owner.length);
    this.before = new Int32Array(state.owner.length);
    this.#open = state.alive.slice();
  }

  /** `costs`: of each board for the cheapest waiting job that fits it; negative: none does. The nearest free board, or -1. */
  run(costs: Int8Array): number {
    this.#open.set(this.#state.alive);
    this.#buckets = [];
    this.distance.fill(unreached);
    this.before.fill(source);
    forEach(this.#open, (board) => {
      const cost = costs[board]!;
      if (cost >= 0) this.#reach(board, cost - this.#state.boardDual[board]!, source);
    });
    for (let level = 0; level < this.#buckets.length; level++) {
      const target = this.#settle(level);
      if (target >= 0) return target;
    }
    return -1;
  }

  /** Every board that was reached. */
  reached(visit: (board: number, distance: number) => void): void {
    forEach(this.#state.alive, (board) => {
      const distance = this.distance[board]!;
      if (distance !== unreached) visit(board, distance);
    });
  }

  /** Goes on from all boards at this distance; returns a free one as soon as it meets it. */
  #settle(level: number): number {
    const bucket = this.#buckets[level];
    if (bucket === undefined) return -1;
    const { owner } = this.#state;
    for (const board of bucket) {
      if (owner[board] === free && this.distance[board] === level) return board;
      remove(this.#open, board);
    }
    // The bucket grows while it is gone through.
    for (const board of bucket) {
      if (this.distance[board] !== level) continue;
      const target = this.#relax(board, level, bucket);
      if (target >= 0) return target;
    }
    return -1;
  }

  #relax(board: number, level: number, bucket: number[]): number {
    const { owner, jobDual, boardDual, groups } = this.#state;
    const group = groups[owner[board]!]!;
    const base = level - jobDual[board]!;
    for (let at = 0; at < this.#open.length; at++) {
      for (let word = group.fits[at]! & this.#open[at]!; word !== 0; word &= word - 1) {
        const next = at * 32 + lowestBit(word);
        const distance = base + reflashes(group, next) - boardDual[next]!;
        if (distance >= this.distance[next]!) continue;
        if (distance > level) {
          this.#reach(next, distance, board);
          continue;
        }
        this.distance[next] = distance;
        this.before[next] = board;
        if (owner[next] === free) return next;
        remove(this.#open, next);
        bucket.push(next);
      }
    }
    return -1;
  }

  #reach(board: number, distance: number, before: number): void {
    this.distance[board] = distance;
    this.before[board] = before;
    const bucket = this.#buckets[distance];
    if (bucket === undefined) this.#buckets[distance] = [board];
    else bucket.push(board);
  }
}
