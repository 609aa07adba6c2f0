import { expect } from 'chai';
import { BoardPool } from './board-pool.js';
import type { Machine } from './machine.js';
import { boardsOf } from './testing/queue-bench.js';

describe("a worker's boards", () => {
  it('are not told as held by a job that has ended', async () => {
    const boards = boardsOf(1);
    const status = async () => [{ mac: boards[0]!.mac, state: 'held', why: 'run a job' }];
    const pool = new BoardPool(boards, { status } as unknown as Machine);
    pool.take(pool.facts, 'a-job');
    await pool.look();
    expect(pool.describe()[0]).to.include({ state: 'held', job: 'a-job' });
    pool.letGo(boards, 'completed');
    expect(pool.describe()[0]).to.include({ state: 'free' }).and.not.to.have.any.keys('why', 'job');
    expect(pool.free(), 'not before it was looked at').to.deep.equal([]);
  });
});
