import { expect } from 'chai';
import { type OccupiedBoard, remaining } from './remaining.js';
import { cpuMs } from './testing/cpu-time.js';
import { hardShapes, macOf } from './testing/shapes.js';
import type { WaitingJob } from './waiting-job.js';

const job = (id: string, expectedMs?: number, labels: string[] = [], count = 1): WaitingJob => ({
  id,
  requires: { labels, count },
  expectedMs,
});
const board = (at: number, given: Partial<OccupiedBoard> = {}): OccupiedBoard => ({
  mac: macOf(at),
  machine: 'local',
  labels: [],
  ...given,
});

describe('remaining', () => {
  it('lets the longest jobs begin', () => {
    const jobs = [job('a', 30), job('b', 20), job('c', 20), job('d', 50)];
    expect(remaining(jobs, [board(1), board(2)])).to.deep.equal({ ms: 70, guessed: 0, stranded: [] });
  });

  it('waits for boards that are busy, and only for boards that fit', () => {
    const boards = [board(1, { freeInMs: 100 }), board(2, { labels: ['slow'], freeInMs: 500 })];
    expect(remaining([job('a', 10), job('b', 10, ['slow'])], boards).ms).to.equal(510);
  });

  it('starts a job on several boards when all of them are free', () => {
    const boards = [board(1, { freeInMs: 40 }), board(2), board(3, { machine: 'other' })];
    expect(remaining([job('pair', 10, [], 2)], boards).ms).to.equal(50);
  });

  it('guesses an unknown length from the known ones, and names jobs that no board fits', () => {
    const jobs = [job('new'), job('a', 10), job('b', 30), job('c', 20), job('lost', 1, ['none'])];
    expect(remaining(jobs, [board(1)])).to.deep.equal({ ms: 75, guessed: 1, stranded: ['lost'] });
  });

  it('is quick enough to be shown while 10,000 jobs wait for 1,000 boards', () => {
    for (const { name, jobs, boards } of hardShapes(10_000, 1000)) {
      expect(
        cpuMs(() => remaining(jobs, boards)),
        name,
      ).to.be.lessThan(1000);
    }
  });
});
