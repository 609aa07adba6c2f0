import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../bringup/testing/hidden-table.js';
import { acquireLease } from '../acquire.js';
import { thisMachine } from '../machine.js';

/** A line of the log: a lease that began, ended, was lost, or a board that was used under it. */
export interface LeaseEvent {
  readonly event: 'acquired' | 'released' | 'used' | 'lost' | 'done';
  readonly pid: number;
  readonly mac: string;
  readonly fence: number;
  readonly us: number;
}

const machine = thisMachine();

/** A process that leases boards: `lease-life.js HOME LOG BOARDS COUNT SEED`, or with COUNT `use` uses one until it loses it. */
async function live([home, log, boards, count, seed]: readonly string[]): Promise<void> {
  const random = seeded(Number(seed));
  const tell = (event: LeaseEvent['event'], mac: string, fence: number, us: number = machine.nowUs()): void =>
    appendFileSync(log!, `${JSON.stringify({ event, pid: process.pid, mac, fence, us })}\n`);
  const acquire = (mac: string, ttlMs: number) =>
    acquireLease({ folder: join(home!, 'boards', mac), board: mac, mac, what: 'a test', ttlMs });
  if (count === 'use') {
    const lease = await acquire('b0', 1000);
    tell('acquired', 'b0', lease.record.fence, lease.record.acquiredUs);
    for (;;) {
      // Of the question: whoever is stopped between answer and use has asked in time.
      const us = machine.nowUs();
      const held = await lease.assertHeld().then(
        () => true,
        () => false,
      );
      tell(held ? 'used' : 'lost', 'b0', lease.record.fence, us);
      if (!held) return;
      await sleep(5);
    }
  }
  for (let n = 0; n < Number(count); n++) {
    const mac = `b${Math.floor(random() * Number(boards))}`;
    const lease = await acquire(mac, 10_000);
    const { fence, acquiredUs } = lease.record;
    tell('acquired', mac, fence, acquiredUs);
    await sleep(random() * 10);
    tell('released', mac, fence);
    await lease.release();
  }
  tell('done', '', 0);
}

await live(process.argv.slice(2));
