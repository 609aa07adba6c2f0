import { type BitSet, has } from './bit-set.js';

/** Jobs that are alike: the same boards fit them, they flash the same build, and they are as long as each other. */
export interface JobGroup {
  /** Boards that they may have. */
  readonly fits: BitSet;
  /** Boards that have their build already. */
  readonly home: BitSet;
  /** How many of them have no board yet. */
  waiting: number;
}

/** As an owner: nobody has the board. */
export const free = -1;

/** A matching while it grows. Boards are indices. */
export interface MatchState {
  /** Who has each board, as an index of `groups`, or `free`. */
  readonly owner: Int32Array;
  /**
   * Dual variables, of boards and of the jobs on them: `reflashes - job - board` is 0 where a job has the board, and not
   * negative for any board that it could have instead. Those of boards are 0 or less, and 0 for free ones.
   */
  readonly boardDual: Int32Array;
  readonly jobDual: Int32Array;
  readonly groups: readonly JobGroup[];
  /** Boards from which a free one may still be reached. */
  readonly alive: BitSet;
}

/** What a job of the group costs on the board: 1 reflash, or none. */
export function reflashes({ home }: JobGroup, board: number): number {
  return has(home, board) ? 0 : 1;
}
