import { add, type BitSet, both, emptySet, has, remove, setOf } from './bit-set.js';
import type { RackedBoard, WaitingJob } from './waiting-job.js';

/** Which boards fit which job, as sets of indices of `boards`; jobs that want the same share one set. */
export class Fitting {
  readonly boards: readonly RackedBoard[];
  readonly none: BitSet;
  readonly #all: BitSet;
  readonly #indexOfMac: ReadonlyMap<string, number>;
  readonly #byLabel: ReadonlyMap<string, BitSet>;
  readonly #byBuild: ReadonlyMap<string, BitSet>;
  readonly #byWants = new Map<string, BitSet>();

  constructor(boards: readonly RackedBoard[]) {
    this.boards = boards;
    this.none = emptySet(boards.length);
    this.#all = setOf(boards.length, () => true);
    this.#indexOfMac = new Map(boards.map(({ mac }, index) => [mac, index]));
    this.#byLabel = gather(boards, ({ labels }) => labels);
    this.#byBuild = gather(boards, ({ build }) => (build === undefined ? [] : [build]));
  }

  /** Boards that the job can run on, busy ones too. Belongs to all jobs that want the same: not to be changed. */
  of(job: WaitingJob): BitSet {
    const key = wantsKey(job);
    const known = this.#byWants.get(key);
    if (known !== undefined) return known;
    const fitting = this.#find(job);
    this.#byWants.set(key, fitting);
    return fitting;
  }

  /** Boards that have the build in flash already. */
  withBuild(build: string | undefined): BitSet {
    return (build === undefined ? undefined : this.#byBuild.get(build)) ?? this.none;
  }

  #find({ requires, notOn = [] }: WaitingJob): BitSet {
    let fitting = requires.mac === undefined ? this.#all.slice() : this.#only(requires.mac);
    for (const label of requires.labels) fitting = both(fitting, this.#byLabel.get(label) ?? this.none);
    for (const mac of notOn) {
      const index = this.#indexOfMac.get(mac);
      if (index !== undefined && has(fitting, index)) remove(fitting, index);
    }
    return fitting;
  }

  #only(mac: string): BitSet {
    const index = this.#indexOfMac.get(mac);
    return setOf(this.boards.length, (candidate) => candidate === index);
  }
}

function gather(
  boards: readonly RackedBoard[],
  wordsOf: (board: RackedBoard) => readonly string[],
): Map<string, BitSet> {
  const sets = new Map<string, BitSet>();
  boards.forEach((board, index) => {
    for (const word of wordsOf(board)) {
      const set = sets.get(word) ?? emptySet(boards.length);
      sets.set(word, set);
      add(set, index);
    }
  });
  return sets;
}

function wantsKey({ requires: { labels, mac }, notOn = [] }: WaitingJob): string {
  return JSON.stringify([[...labels].sort(), mac ?? '', [...notOn].sort()]);
}
