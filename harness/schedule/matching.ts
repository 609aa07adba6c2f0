import { AugmentingSearch, source } from './augmenting-search.js';
import { type BitSet, forEach, has, remove, setOf, sizeOf } from './bit-set.js';
import { free, type JobGroup, type MatchState, reflashes } from './match-state.js';

/**
 * A matching of jobs and boards that grows tier by tier (a tier: jobs as long as each other) and has, at each moment, the
 * fewest reflashes of all matchings with as many jobs of each tier: successive shortest augmenting paths (R. Ahuja,
 * T. Magnanti, J. Orlin, Network Flows, 9.7), where a job costs 1 on a board with another build. A job that has a board may
 * be moved but goes on having one. So the jobs that have one are those the greedy algorithm takes in the transversal
 * matroid: as many as there can be, and the longest (J. Edmonds, Matroids and the greedy algorithm, 1971).
 *
 * The boards that a failed search has seen never lead to a free one again, and are left out from then on: all failures
 * together cost no more than one look at everything.
 */
export class Matching {
  readonly #state: MatchState;
  readonly #groups: JobGroup[] = [];
  readonly #search: AugmentingSearch;
  #freeBoards: number;

  /** `open`: those of `size` boards that may be given to jobs. */
  constructor(size: number, open: BitSet) {
    this.#state = {
      owner: new Int32Array(size).fill(free),
      boardDual: new Int32Array(size),
      jobDual: new Int32Array(size),
      groups: this.#groups,
      alive: open.slice(),
    };
    this.#search = new AugmentingSearch(this.#state);
    this.#freeBoards = sizeOf(open);
  }

  get freeBoards(): number {
    return this.#freeBoards;
  }

  /** Gives boards to as many jobs of the tier as can have one beside all earlier ones. */
  add(tier: readonly JobGroup[]): void {
    const first = this.#groups.length;
    this.#groups.push(...tier);
    const costs = new TierCosts(tier, this.#state.owner.length);
    while (this.#freeBoards > 0) {
      const target = this.#search.run(costs.cheapest);
      if (target < 0) {
        this.#search.reached((board) => remove(this.#state.alive, board));
        return;
      }
      this.#adjustDuals(this.#search.distance[target]!);
      const entered = this.#shiftJobs(target);
      this.#give(entered, first + costs.take(entered));
      this.#freeBoards -= 1;
    }
  }

  /** All of `group`'s jobs have boards afterwards, or none has and nothing is changed. */
  addWhole(group: JobGroup): boolean {
    const { owner, boardDual, jobDual, alive } = this.#state;
    const [arrays, freeBoards] = [[owner, boardDual, jobDual, alive], this.#freeBoards];
    const before = arrays.map((array) => array.slice());
    this.add([group]);
    if (group.waiting === 0) return true;
    for (const [at, array] of arrays.entries()) array.set(before[at]!);
    this.#freeBoards = freeBoards;
    this.#groups.pop();
    return false;
  }

  /** Open boards that no job has. */
  unused(): BitSet {
    const { owner, alive } = this.#state;
    return setOf(owner.length, (board) => owner[board] === free && has(alive, board));
  }

  /** From now on nobody is given these boards, which are unused, nor moved to them. */
  close(boards: BitSet): void {
    forEach(boards, (board) => remove(this.#state.alive, board));
    this.#freeBoards -= sizeOf(boards);
  }

  /** The boards that the jobs of each group have, in ascending order. */
  boardsByGroup(): ReadonlyMap<JobGroup, readonly number[]> {
    const boards = new Map<JobGroup, number[]>();
    this.#state.owner.forEach((owner, board) => {
      if (owner === free) return;
      const group = this.#groups[owner]!;
      boards.set(group, [...(boards.get(group) ?? []), board]);
    });
    return boards;
  }

  #adjustDuals(length: number): void {
    const { boardDual, jobDual } = this.#state;
    this.#search.reached((board, distance) => {
      if (distance >= length) return;
      boardDual[board]! -= length - distance;
      jobDual[board]! += length - distance;
    });
  }

  /** Moves each job on the way to the next board of it. Returns the first board, which has nobody now. */
  #shiftJobs(target: number): number {
    const { owner } = this.#state;
    let board = target;
    for (let before = this.#search.before[board]!; before !== source; before = this.#search.before[board]!) {
      this.#give(board, owner[before]!);
      board = before;
    }
    return board;
  }

  #give(board: number, group: number): void {
    const { owner, jobDual, boardDual } = this.#state;
    owner[board] = group;
    jobDual[board] = reflashes(this.#groups[group]!, board) - boardDual[board]!;
  }
}

/** What each board would cost for the waiting job of a tier that it suits best. */
class TierCosts {
  /** By board: 0 or 1 reflashes; -1: no job fits. */
  readonly cheapest: Int8Array;
  readonly #tier: readonly JobGroup[];
  readonly #fitting: Int32Array;
  readonly #atHome: Int32Array;

  constructor(tier: readonly JobGroup[], size: number) {
    this.#tier = tier;
    this.cheapest = new Int8Array(size).fill(-1);
    this.#fitting = new Int32Array(size);
    this.#atHome = new Int32Array(size);
    for (const group of tier) if (group.waiting > 0) this.#count(group, 1);
  }

  /** One job leaves the tier for `board`, the first that suits it best. Returns the index of its group. */
  take(board: number): number {
    const cost = this.cheapest[board]!;
    const index = this.#tier.findIndex(
      (group) => group.waiting > 0 && has(group.fits, board) && reflashes(group, board) === cost,
    );
    const group = this.#tier[index]!;
    group.waiting -= 1;
    if (group.waiting === 0) this.#count(group, -1);
    return index;
  }

  #count(group: JobGroup, amount: number): void {
    forEach(group.fits, (board) => {
      this.#fitting[board]! += amount;
      if (has(group.home, board)) this.#atHome[board]! += amount;
      this.cheapest[board] = this.#atHome[board]! > 0 ? 0 : this.#fitting[board]! > 0 ? 1 : -1;
    });
  }
}
