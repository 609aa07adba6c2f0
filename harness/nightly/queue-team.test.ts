import { expect } from 'chai';
import type { WorkerFacts } from '../farm/queue/workers.js';
import { summaryOf } from './queue-team.js';

type Board = WorkerFacts['boards'][number];

function statesOf(...boards: Partial<Board>[]) {
  const worker: WorkerFacts = {
    id: '1',
    name: 'lab-1',
    machine: 'lab-1',
    pid: 1,
    version: '1.0.0',
    startedAt: '2026-11-21T00:00:00Z',
    boards: boards.map((board) => ({
      id: 'cam-1',
      mac: '24:6f:28:00:00:01',
      labels: [],
      state: 'held',
      ...board,
    })),
    classes: [],
    ending: false,
  };
  return summaryOf(worker, new Set(['tiny-1'])).map(({ state, why }) =>
    why === undefined ? state : `${state}: ${why}`,
  );
}

describe('the boards of a queue, when a night is summed up', () => {
  it('are not held by what the night itself ran, though the last heartbeat says so', () => {
    const why = 'run tiny 1 (me, process 1)';
    expect(statesOf({ why, job: 'tiny-1' }, { why, job: 'tiny-1.t2' })).to.deep.equal(['free', 'free']);
  });

  it('are held by whoever else has them, jobs of another night too', () => {
    expect(statesOf({ why: 'monitor' }, { why: 'run other', job: 'other' })).to.deep.equal([
      'held: monitor',
      'held: run other',
    ]);
  });

  it('keep what is wrong with them', () => {
    expect(statesOf({ state: 'quarantined', why: '3 brownouts', job: 'tiny-1' })).to.deep.equal([
      'quarantined: 3 brownouts',
    ]);
  });
});
