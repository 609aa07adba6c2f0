import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { seeded } from '../bringup/testing/hidden-table.js';
import { packageRoot } from '../paths.js';
import { acquireLease } from './acquire.js';
import type { Lease } from './lease.js';
import { listLeases } from './list.js';
import { thisMachine } from './machine.js';
import type { LeaseEvent } from './testing/lease-life.js';

const script = join(packageRoot, 'dist', 'lease', 'testing', 'lease-life.js');

describe('leases among processes', function () {
  this.timeout(120_000);
  let home = '';
  let log = '';
  const children = new Set<ChildProcess>();
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tokenrack-leases-'));
    log = join(home, 'log');
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    await rm(home, { recursive: true });
  });

  function start(boards: number, count: number | 'use', seed: number): ChildProcess {
    const args = [script, home, log, boards, count, seed].map(String);
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.add(child);
    return child;
  }

  async function events(): Promise<LeaseEvent[]> {
    const text = await readFile(log, 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LeaseEvent);
  }

  async function until(condition: (seen: readonly LeaseEvent[]) => boolean): Promise<void> {
    while (!condition(await events())) await sleep(10);
  }

  function takeNow(mac: string, timeoutMs: number): Promise<Lease> {
    const folder = join(home, 'boards', mac);
    return acquireLease({ folder, board: mac, mac, what: 'the test', timeoutMs });
  }

  it('are disjoint and fenced, with eight processes at three boards, three of them killed', async () => {
    const random = seeded(6);
    const processes = Array.from({ length: 8 }, (_, index) => start(3, 25, index));
    const ends = processes.map((child) => once(child, 'exit'));
    const killedUs = new Map<number, number>();
    for (const child of processes.slice(0, 3)) {
      const after = 20 + Math.floor(random() * 40);
      await until((seen) => seen.length >= after * (killedUs.size + 1));
      killedUs.set(child.pid!, thisMachine().nowUs());
      child.kill('SIGKILL');
    }
    await Promise.all(ends);
    const seen = await events();
    const done = seen.filter(({ event }) => event === 'done').map(({ pid }) => pid);
    expect(done, 'nobody starves').to.have.members(processes.slice(3).map(({ pid }) => pid!));
    for (const mac of ['b0', 'b1', 'b2'])
      expectDisjoint(
        seen.filter((one) => one.mac === mac),
        killedUs,
      );
    for (const mac of ['b0', 'b1', 'b2']) await (await takeNow(mac, 0)).release();
    for (const { holder, queue } of await listLeases(home))
      expect({ holder, queue }).to.deep.equal({ holder: undefined, queue: [] });
  });

  it('come free when their holder is killed, at whatever moment', async () => {
    const random = seeded(7);
    for (let trial = 0; trial < 25; trial++) {
      const child = start(1, 1_000_000, trial);
      await until((seen) => seen.some(({ pid }) => pid === child.pid));
      await sleep(random() * 30);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const largest = Math.max(...(await events()).map(({ fence }) => fence));
      await using lease = await takeNow('b0', 1000);
      expect(lease.record.fence, `trial ${trial}`).to.be.greaterThan(largest);
    }
    const names = await readdir(join(home, 'boards', 'b0'));
    expect(names.filter((name) => name === 'lease.lock')).to.deep.equal([]);
  });

  it('are lost by who was stopped for longer than their time to live, before it touches the board again', async () => {
    const child = start(1, 'use', 1);
    await until((seen) => seen.some(({ event }) => event === 'used'));
    child.kill('SIGSTOP');
    const lease = await takeNow('b0', 5000);
    child.kill('SIGCONT');
    await once(child, 'exit');
    const seen = await events();
    expect(seen.at(-1)).to.include({ event: 'lost', fence: 1 });
    expect(lease.record.fence).to.equal(2);
    for (const { us, event } of seen) if (event === 'used') expect(us).to.be.below(lease.record.acquiredUs);
    await lease.release();
  });

  it('last as long as they are renewed, many times their time to live', async () => {
    const child = start(1, 'use', 1);
    await until((seen) => seen.length > 0);
    const [{ us }] = (await events()) as [LeaseEvent];
    await until((seen) => (seen.at(-1)?.us ?? 0) - us > 3_500_000 || seen.at(-1)?.event === 'lost');
    expect((await events()).at(-1)?.event).to.equal('used');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

/** Of one board. A killed holder had it at most until it was killed. */
function expectDisjoint(seen: readonly LeaseEvent[], killedUs: ReadonlyMap<number, number>): void {
  const begun = seen.filter(({ event }) => event === 'acquired').sort((a, b) => a.us - b.us);
  expect(begun).to.not.have.length(0);
  for (const [index, { mac, fence, us }] of begun.entries()) {
    const before = begun[index - 1];
    if (before === undefined) continue;
    expect(fence, `${mac}: fences grow`).to.be.greaterThan(before.fence);
    const released = seen.find((one) => one.event === 'released' && one.fence === before.fence);
    const endUs = released?.us ?? killedUs.get(before.pid);
    expect(us, `${mac}: fence ${fence} after the end of ${before.fence}`).to.be.at.least(endUs!);
  }
}
