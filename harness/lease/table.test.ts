import { expect } from 'chai';
import { seeded } from '../bringup/testing/hidden-table.js';
import {
  enqueued,
  granted,
  type LeaseTable,
  type Moment,
  renewed,
  revoked,
  settled,
  type Ticket,
  waitingOf,
  withdrawn,
} from './table.js';

const empty: LeaseTable = { mac: 'm', board: 'cam-1', fence: 0, boot: 'b', queue: [] };

function ticket(id: string, askedUs: number, extra: Partial<Ticket> = {}): Ticket {
  const owner = { user: `${id}@lab`, pid: 1, what: id };
  return { id, owner, process: { pid: 1, space: '' }, askedUs, beatUs: askedUs, ttlUs: 100, ...extra };
}

function at(us: number, gone: readonly number[] = [], boot = 'b'): Moment {
  return { us, boot, isGone: ({ pid }) => gone.includes(pid) };
}

function held(id: string, us: number, extra: Partial<Ticket> = {}): LeaseTable {
  return granted(enqueued(empty, ticket(id, us, extra)), id, us)!;
}

describe('a lease table', () => {
  it('gives the board to the first in line, and to nobody while somebody has it', () => {
    const table = enqueued(enqueued(empty, ticket('a', 1)), ticket('b', 2));
    expect(granted(table, 'b', 3)).to.equal(undefined);
    const taken = granted(table, 'a', 3)!;
    expect(taken.holder).to.include({ id: 'a', fence: 1, acquiredUs: 3, beatUs: 3 });
    expect(granted(taken, 'b', 4)).to.equal(undefined);
    expect(granted(withdrawn(taken, 'a', 5), 'b', 6)!.holder).to.include({ id: 'b', fence: 2 });
  });

  it('drops a holder and tickets that were not renewed for longer than their time to live', () => {
    const table = enqueued(held('a', 0), ticket('b', 1));
    expect(settled(table, at(100)).holder).to.include({ id: 'a' });
    expect(settled(table, at(101))).to.deep.include({ fence: 1, queue: [ticket('b', 1)] });
    expect(settled(table, at(101)).holder).to.equal(undefined);
    expect(settled(table, at(102)).queue).to.deep.equal([]);
    expect(settled(renewed(table, 'a', 90)!, at(190)).holder).to.include({ id: 'a' });
  });

  it('drops at once whose process is gone', () => {
    const table = enqueued(held('a', 0, { process: { pid: 7, space: '' } }), ticket('b', 1));
    expect(settled(table, at(2, [7])).holder).to.equal(undefined);
    expect(settled(table, at(2, [1])).queue).to.deep.equal([]);
  });

  it('forgets all but the fence at a reboot, also one that shows only by the clock', () => {
    for (const now of [at(2, [], 'another'), at(-1_000_001)]) {
      const after = settled(enqueued(held('a', 0), ticket('b', 1)), now);
      expect(after).to.deep.include({ fence: 1, queue: [], boot: now.boot });
      expect(after.holder).to.equal(undefined);
    }
  });

  it('renews no lease that was taken back, and keeps the board for its holder until it expires', () => {
    const table = revoked(enqueued(held('a', 0), ticket('b', 50)), 'root@lab');
    expect(renewed(table, 'a', 50)).to.equal(undefined);
    expect(granted(settled(table, at(60)), 'b', 60)).to.equal(undefined);
    expect(granted(settled(table, at(101)), 'b', 101)?.holder).to.include({ id: 'b' });
  });

  it('says where somebody stands, and how long it may take when all said how long they do', () => {
    const one = enqueued(held('a', 0, { expectedUs: 60_000 }), ticket('b', 1, { expectedUs: 5000 }));
    const two = enqueued(one, ticket('c', 2));
    expect(waitingOf(two, 'b', 10_000)).to.deep.equal({
      board: 'cam-1',
      position: 1,
      holder: { user: 'a@lab', pid: 1, what: 'a' },
      estimateMs: 50,
    });
    expect(waitingOf(two, 'c', 10_000)).to.deep.include({ position: 2, estimateMs: 55 });
    expect(waitingOf(two, 'd', 10_000))
      .to.include({ position: 3 })
      .and.not.have.property('estimateMs');
    expect(waitingOf(two, 'b', 70_000)).to.include({ estimateMs: 0 });
  });

  it('puts back where it was who lost its ticket with a damaged file', () => {
    const table = enqueued(enqueued(enqueued(empty, ticket('b', 2)), ticket('c', 3)), ticket('a', 1));
    expect(table.queue.map(({ id }) => id)).to.deep.equal(['a', 'b', 'c']);
  });

  it('never has two holders, never repeats a fence and outlives no time to live, whatever happens in whatever order', () => {
    for (let seed = 1; seed <= 300; seed++) simulate(seed);
  });
});

/** Five processes ask, renew, let go, fall silent and die at random; checked after every step. */
function simulate(seed: number): void {
  const random = seeded(seed);
  const silent = new Set<string>();
  let table = empty;
  let owner: { id: string; untilUs: number } | undefined;
  for (let us = 1; us < 2000; us += 1 + Math.floor(random() * 15)) {
    const id = 'abcde'[Math.floor(random() * 5)]!;
    if (random() < 0.02) table = { ...table, boot: `boot ${us}` };
    table = settled(table, at(us));
    if (table.holder === undefined) owner = undefined;
    else expect(us, `seed ${seed}: expired but kept`).to.be.at.most(owner!.untilUs);
    const inLine = table.queue.some((one) => one.id === id);
    if (silent.has(id)) {
      if (random() < 0.1) silent.delete(id);
    } else if (random() < 0.05) silent.add(id);
    else if (owner?.id === id) {
      if (random() < 0.3) table = withdrawn(table, id, us);
      else if (random() < 0.1) table = revoked(table, 'root');
      else {
        const next = renewed(table, id, us);
        if (next !== undefined) owner = { ...owner, untilUs: us + 100 };
        table = next ?? table;
      }
      if (table.holder === undefined) owner = undefined;
    } else {
      const before = inLine ? renewed(table, id, us)! : enqueued(table, ticket(id, us));
      const next = granted(before, id, us);
      if (next !== undefined) {
        expect(owner, `seed ${seed}: two holders`).to.equal(undefined);
        expect(next.fence).to.be.greaterThan(table.fence);
        owner = { id, untilUs: us + 100 };
      }
      table = next ?? before;
    }
  }
  expect(table.fence, `seed ${seed}`).to.be.greaterThan(5);
}
