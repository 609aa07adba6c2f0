import { expect } from 'chai';
import { assign } from './assign.js';
import { bestWorth, compareWorth, fits, worthOf } from './testing/best-assignment.js';
import { cpuMs } from './testing/cpu-time.js';
import { hardShapes, macOf, seededNumbers, times } from './testing/shapes.js';
import type { Assignment, RackedBoard, WaitingJob } from './waiting-job.js';

const job = (id: string, given: Partial<WaitingJob> = {}): WaitingJob => ({
  id,
  requires: { labels: [], count: 1 },
  ...given,
});
const board = (at: number, given: Partial<RackedBoard> = {}): RackedBoard => ({
  mac: macOf(at),
  machine: 'local',
  labels: [],
  ...given,
});
const labelled = (...labels: string[]) => ({ requires: { labels, count: 1 } });

/** A few jobs and boards in which everything occurs, often more than once. */
function smallCase(seed: number, most: number) {
  const random = seededNumbers(seed);
  const words = (): string[] => ['a', 'b', 'c'].filter(() => random(2) === 0);
  const maybe = <T>(value: T): T | undefined => (random(2) === 0 ? value : undefined);
  const boards = times(1 + random(most), (at) =>
    board(at, {
      labels: words(),
      build: maybe(`build-${random(3)}`),
      busy: random(8) === 0,
      machine: `m${random(2)}`,
    }),
  );
  const jobs = times(1 + random(most), (at) =>
    job(`job-${at}`, {
      requires: {
        labels: words().slice(0, 1 + random(2)),
        count: 1,
        mac: random(6) === 0 ? macOf(random(4)) : undefined,
      },
      expectedMs: maybe(random(3)),
      build: maybe(`build-${random(3)}`),
      notOn: random(3) === 0 ? [macOf(random(4))] : [],
    }),
  );
  return { jobs, boards };
}

/** Two or three boards for each job, builds that are mostly elsewhere: to place one job well, others have to move. */
function tightCase(seed: number, size: number) {
  const random = seededNumbers(seed);
  const boards = times(size, (at) =>
    board(at, {
      labels: times(size, (other) => `job-${other}`).filter(() => random(size) < 2),
      build: `build-${random(3)}`,
    }),
  );
  const jobs = times(size, (at) =>
    job(`job-${at}`, { ...labelled(`job-${at}`), build: `build-${random(3)}`, expectedMs: random(2) }),
  );
  return { jobs, boards };
}

function shuffled<T>(values: readonly T[], random: (limit: number) => number): T[] {
  const result = [...values];
  for (let at = result.length - 1; at > 0; at--) {
    const other = random(at + 1);
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}

function pairsOf(made: readonly Assignment[], jobs: readonly WaitingJob[], boards: readonly RackedBoard[]) {
  return made.map(
    (one) =>
      [jobs.find(({ id }) => id === one.job)!, boards.find(({ mac }) => mac === one.boards[0])!] as const,
  );
}

describe('assign', () => {
  it('is as good as the best of all assignments: boards busy, then longest first, then reflashes', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const { jobs, boards } = seed % 2 === 0 ? smallCase(seed, 5) : tightCase(seed, 7);
      const pairs = pairsOf(assign(jobs, boards), jobs, boards);
      expect(
        pairs.every(([one, other]) => fits(one, other)),
        `case ${seed} fits`,
      ).to.equal(true);
      expect(new Set(pairs.map(([, { mac }]) => mac)).size, `case ${seed}: boards once`).to.equal(
        pairs.length,
      );
      const [worth, best] = [worthOf(pairs), bestWorth(jobs, boards)];
      expect(compareWorth(worth, best), `case ${seed}: ${worth} against ${best}`).to.equal(0);
    }
  });

  it('is the same whatever the order of jobs, boards and labels', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededNumbers(seed + 7000);
      const { jobs: singles, boards } = smallCase(seed, 12);
      const jobs = singles.map((one) =>
        random(4) === 0 ? { ...one, requires: { ...one.requires, count: 2 } } : one,
      );
      const first = assign(jobs, boards);
      for (let trial = 0; trial < 5; trial++) {
        const others = shuffled(jobs, random).map((one) => ({
          ...one,
          requires: { ...one.requires, labels: shuffled(one.requires.labels, random) },
        }));
        expect(assign(others, shuffled(boards, random)), `case ${seed}`).to.deep.equal(first);
      }
    }
  });

  it('leaves a board to the only job that it fits, though a longer job came first', () => {
    const jobs = [job('long', { expectedMs: 900 }), job('choosy', { expectedMs: 1, ...labelled('rare') })];
    const boards = [board(1, { labels: ['rare'] }), board(2)];
    expect(assign(jobs, boards)).to.deep.equal([
      { job: 'choosy', boards: [macOf(1)] },
      { job: 'long', boards: [macOf(2)] },
    ]);
  });

  it('takes a job of unknown length before any other, and never a board that a job failed on', () => {
    const jobs = [job('known', { expectedMs: 1e9 }), job('unknown', { notOn: [macOf(1)] })];
    expect(assign(jobs, [board(1)])).to.deep.equal([{ job: 'known', boards: [macOf(1)] }]);
    expect(assign(jobs, [board(2)])).to.deep.equal([{ job: 'unknown', boards: [macOf(2)] }]);
  });

  it('has nothing to say of no jobs, no boards, or boards that are all busy', () => {
    expect(assign([], [board(1)])).to.deep.equal([]);
    expect(assign([job('a')], [])).to.deep.equal([]);
    expect(assign([job('a')], [board(1, { busy: true })])).to.deep.equal([]);
  });

  it('takes less than a second for 10,000 jobs and 1,000 boards, whatever their shape', () => {
    for (const { name, jobs, boards } of hardShapes(10_000, 1000)) {
      expect(
        cpuMs(() => assign(jobs, boards)),
        name,
      ).to.be.lessThan(1000);
    }
  });
});
