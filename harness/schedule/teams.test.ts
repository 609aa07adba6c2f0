import { expect } from 'chai';
import { assign } from './assign.js';
import { macOf, seededNumbers, times } from './testing/shapes.js';
import type { RackedBoard, WaitingJob } from './waiting-job.js';

const single = (id: string, labels: string[] = []): WaitingJob => ({ id, requires: { labels, count: 1 } });
const team = (id: string, count: number, labels: string[] = [], expectedMs?: number): WaitingJob => ({
  id,
  requires: { labels, count },
  expectedMs,
});
const board = (at: number, machine: string, given: Partial<RackedBoard> = {}): RackedBoard => ({
  mac: macOf(at),
  machine,
  labels: [],
  ...given,
});
const busy = { busy: true };

describe('jobs that want several boards', () => {
  it('get them of one machine', () => {
    const spread = [board(1, 'a'), board(2, 'b'), board(3, 'b')];
    expect(assign([team('pair', 2)], spread)).to.deep.equal([{ job: 'pair', boards: [macOf(2), macOf(3)] }]);
    expect(assign([team('three', 3)], spread)).to.deep.equal([]);
  });

  it('leave the machine its choosy boards for those who need them', () => {
    const boards = [board(1, 'a', { labels: ['rare'] }), board(2, 'a'), board(3, 'a')];
    expect(assign([team('pair', 2), single('choosy', ['rare'])], boards)).to.deep.equal([
      { job: 'choosy', boards: [macOf(1)] },
      { job: 'pair', boards: [macOf(2), macOf(3)] },
    ]);
  });

  it('keep the free boards of the machine that misses fewest, and only for the first that waits', () => {
    const boards = [
      ...[board(1, 'a'), board(2, 'a'), board(3, 'a', busy)],
      ...[board(4, 'b'), board(5, 'b', busy), board(6, 'b', busy)],
    ];
    const jobs = [
      team('three', 3, [], 9),
      team('also three', 3, [], 8),
      single('s1'),
      single('s2'),
      single('s3'),
    ];
    expect(assign(jobs, boards).map((one) => one.boards)).to.deep.equal([[macOf(4)]]);
  });

  it('keep nothing for a job that no machine could ever run', () => {
    const boards = [board(1, 'a'), board(2, 'a', busy), board(3, 'b')];
    expect(assign([team('three', 3), single('s1'), single('s2')], boards)).to.have.length(2);
  });

  it('all get their turn in an endless stream of jobs that want one board', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededNumbers(seed);
      const untilMs = new Map(times(12, (at) => [macOf(at), 0]));
      const waiting = times(6, (at) => team(`team-${at}`, 2 + random(3)));
      for (let nowMs = 0; waiting.length > 0; nowMs++) {
        expect(nowMs, `seed ${seed}`).to.be.lessThan(400);
        const boards = times(12, (at) =>
          board(at, `host-${at % 3}`, { busy: untilMs.get(macOf(at))! > nowMs }),
        );
        const stream = times(20, (at) => single(`single-${nowMs}-${at}`));
        for (const made of assign([...waiting, ...stream], boards)) {
          for (const mac of made.boards) untilMs.set(mac, nowMs + 1 + random(9));
          const at = waiting.findIndex(({ id }) => id === made.job);
          if (at >= 0) waiting.splice(at, 1);
        }
      }
    }
  });
});
