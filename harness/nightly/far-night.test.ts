import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readEnvironment } from '../config/environment.js';
import { ownCommand } from '../farm/jobs/spawn-job.js';
import { RedisServer } from '../farm/testing/redis.js';
import { describeWithRedis } from '../farm/testing/redis-tier.js';
import { Sshd } from '../farm/testing/sshd.js';
import { describeWithSshd } from '../farm/testing/sshd-tier.js';
import { leasesIn, overlaps } from './testing/lease-history.js';
import { type Ended, ledgerOf, NightWorkshop, summaryOf, tinyScenarios } from './testing/night-folder.js';

const { requiredTools } = readEnvironment();
const JOBS = 4;

describeWithSshd('a night over this machine and a host', requiredTools, function () {
  this.timeout(180_000);

  it('is gone on with after its controller was killed, joining what runs on the host', async () => {
    await using sshd = await Sshd.start();
    await using shop = await NightWorkshop.make();
    const host = sshd.host({ command: [...ownCommand], state: join(shop.path, 'far') });
    const board = (id: string, n: number) => ({ id, link: 'virtual', mac: `24:6f:28:7c:02:0${n}` });
    const boards = [board('here', 1), { ...board('there', 2), rack_host: 'lab' }];
    await shop.write('rack.yaml', stringify({ hosts: [host], boards }));
    const file = await shop.write('scenarios/tiny.scenario.ts', tinyScenarios(2));
    await judgedOnce(shop, [file], 'lab');
    const { cells } = await summaryOf((await shop.nights())[0]!);
    expect(new Set(cells.map(({ boards: [id], tries }) => `${id} ${tries.at(-1)?.place}`))).to.deep.equal(
      new Set(['here local', 'there lab']),
    );
  });
});

describeWithRedis('a night through the queue', requiredTools, function () {
  this.timeout(180_000);

  it('is gone on with after its controller was killed, and takes each outcome once', async () => {
    await using redis = await RedisServer.start();
    await using shop = await NightWorkshop.make();
    await using _worker = await worker(redis.url, 2);
    const file = await shop.write('scenarios/tiny.scenario.ts', tinyScenarios(2));
    const planned = await whenServed(shop, file, '--queue', redis.url, '--budget', '0.001s');
    expect(planned.code, planned.err).to.equal(5);
    await judgedOnce(shop, ['--resume', (await shop.nights())[0]!], 'queue');
  });

  it('has the run of each board in a folder of its own, though all began in the same second', async () => {
    const boards = 4;
    await using redis = await RedisServer.start();
    await using shop = await NightWorkshop.make();
    await using _worker = await worker(redis.url, boards);
    const file = await shop.write('scenarios/tiny.scenario.ts', tinyScenarios(1));
    const ended = await whenServed(shop, file, '--queue', redis.url);
    expect(ended.code, ended.out + ended.err).to.equal(0);
    const [night] = await shop.nights();
    const held = await leasesIn([night!]);
    const judged = (await ledgerOf(night!)).filter((one) => one.record === 'judged');
    expect(judged).to.have.length(boards);
    for (const { runFolder, outcome } of judged) {
      const [board] = outcome.boards;
      const there = held.filter(({ run }) => run === join(night!, runFolder!));
      expect(
        there.map(({ mac, lease }) => [mac, lease.fence]),
        runFolder,
      ).to.deep.equal([[board!.mac, board!.fence]]);
    }
  });
});

/** A worker with so many boards, in a folder of its own. */
async function worker(url: string, boards: number): Promise<AsyncDisposable> {
  const far = await NightWorkshop.make();
  await far.rack(boards);
  const [node, ...words] = ownCommand;
  const child = spawn(node!, [...words, 'worker', '--queue', url], {
    cwd: far.path,
    stdio: 'ignore',
  });
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await far[Symbol.asyncDispose]();
    },
  };
}

/** A night as soon as there is a worker for it. */
async function whenServed(shop: NightWorkshop, ...args: readonly string[]): Promise<Ended> {
  for (let tries = 0; ; tries++) {
    const ended = await shop.nightly(...args);
    if (!/no worker/.test(ended.err)) return ended;
    expect(tries, 'the worker never came').to.be.below(30);
  }
}

/** Kills the controller once something runs at the place, resumes the night, and looks at what came of it. */
async function judgedOnce(shop: NightWorkshop, args: readonly string[], place: string): Promise<void> {
  const controller = shop.start(...args);
  await until(controller, async () => {
    const [night] = await shop.nights();
    if (night === undefined || !existsSync(join(night, 'ledger.jsonl'))) return false;
    return (await ledgerOf(night)).some((one) => one.record === 'started' && one.place === place);
  });
  const gone = once(controller, 'exit');
  controller.kill('SIGKILL');
  await gone;
  const [night] = await shop.nights();
  const ended = await shop.nightly('--resume', night!);
  expect(ended.code, ended.out + ended.err).to.equal(0);
  const records = await ledgerOf(night!);
  for (const record of ['judged', 'delivered'] as const) {
    const jobs = records.filter((one) => one.record === record).map(({ job }) => job);
    expect(jobs, record).to.have.length(JOBS);
    expect(new Set(jobs).size, record).to.equal(JOBS);
  }
  const far = records.filter((one) => one.record === 'started' && one.place === place);
  expect(new Set(far.map(({ job }) => job)).size, 'nothing of it was run again').to.equal(far.length);
  expect(overlaps(await leasesIn([night!]))).to.deep.equal([]);
}

async function until(controller: ChildProcess, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    if (controller.exitCode !== null) throw new Error(`the controller ended with ${controller.exitCode}`);
    await sleep(20);
  }
}
