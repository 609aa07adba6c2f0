import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { BenchEvent } from '../../bench/events.js';
import { readEnvironment } from '../../config/environment.js';
import type { RackHost } from '../../rack/host-schema.js';
import { openFolderStore } from '../blobs/folder-store.js';
import { makeTree } from '../blobs/make-tree.js';
import { ship } from '../blobs/ship.js';
import { failureOf } from '../blobs/testing/failure-of.js';
import { readFolder, writeFolder } from '../blobs/testing/folders.js';
import type { Job } from '../jobs/job.js';
import { eventOfLine, parseJobLine } from '../jobs/job-line.js';
import { sampleBoard, sampleJob } from '../jobs/testing/sample-job.js';
import type { Finished, Place } from '../place.js';
import { sshdForSuite } from '../testing/sshd-suite.js';
import { describeWithSshd } from '../testing/sshd-tier.js';
import { HostSession } from './host-session.js';
import { openRemotePlace, type RemotePlaceOptions } from './remote-place.js';
import { fakeHostCommand } from './testing/fake-host.js';
import { type FakeScript, runFiles } from './testing/fake-job.js';

const environment = readEnvironment();
const PLACEMENT = { try: 1, boards: [sampleBoard] };

describeWithSshd('a rack host over SSH', environment.requiredTools, function () {
  this.slow(10_000);
  let state: string;
  let host: RackHost;
  let tree: string;
  let over: AbortController;
  afterEach(() => over.abort());
  const at = sshdForSuite();
  beforeEach(async () => {
    state = join(at.folder, 'far');
    await mkdir(state);
    host = at.sshd.host({ command: fakeHostCommand, state });
    over = new AbortController();
    await writeFolder(join(at.folder, 'work'), { 'model.bin': 'm'.repeat(200_000), 'a.scenario.ts': '' });
    const made = await makeTree(join(at.folder, 'work'));
    await ship(made, await openFolderStore(join(at.folder, 'near')));
    tree = made.hash;
  });

  function open(options: Partial<RemotePlaceOptions> = {}): Promise<Place> {
    const clock = { now: () => performance.now(), sleep: (ms: number) => sleep(ms / 50) };
    return openRemotePlace(host, [sampleBoard], {
      signal: over.signal,
      blobsFolder: join(at.folder, 'near'),
      clock,
      ...options,
    });
  }

  function jobThat(script: FakeScript, id = 'one'): Job {
    return { ...sampleJob(id, { witness: join(at.folder, `witness-${id}`), ...script }), tree };
  }

  /** Of a job that has begun. Its file is there before its line is: an empty one would read as 0, and signal 9 to 0 kills all of the tests. */
  async function processOf(id: string): Promise<number> {
    for (;;) {
      const text = await readFile(join(at.folder, `witness-${id}`), 'utf8').catch(() => '');
      const [, pid] = /^([1-9]\d*)\n/.exec(text) ?? [];
      if (pid !== undefined) return Number(pid);
      await sleep(10);
    }
  }

  async function run(
    place: Place,
    job: Job,
    signal = over.signal,
  ): Promise<Finished & { events: BenchEvent[] }> {
    const events: BenchEvent[] = [];
    const onEvent = (event: BenchEvent): void => void events.push(event);
    const finished = await place.run(job, PLACEMENT, {
      runsFolder: join(at.folder, 'runs'),
      onEvent,
      signal,
    });
    return { ...finished, events };
  }

  async function eventsOf(id: string): Promise<(BenchEvent | undefined)[]> {
    const text = await readFile(join(state, 'jobs', id, 'try-1', 'events.jsonl'), 'utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [eventOfLine(parseJobLine(line)!)]));
  }

  async function timesRun(id: string): Promise<number> {
    return (await readFile(join(at.folder, `witness-${id}`), 'utf8')).trim().split('\n').length;
  }

  async function calls(method: string): Promise<number> {
    const text = await readFile(join(state, 'calls'), 'utf8');
    return text.split('\n').filter((line) => line === method).length;
  }

  async function untilCalled(method: string, times = 1): Promise<void> {
    while (!existsSync(join(state, 'calls')) || (await calls(method)) < times) await sleep(5);
  }

  it('sends the tree, tells every event, and fetches the run folder', async () => {
    await using place = await open();
    const { outcome, runFolder, events } = await run(place, jobThat({ tokens: 50, runBytes: 100_000 }));
    expect(outcome.verdict).to.equal('pass');
    expect(events).to.have.length(50);
    expect(events).to.deep.equal(await eventsOf('one'));
    expect(runFolder).to.equal(join(at.folder, 'runs', 'run'));
    expect(await readFolder(runFolder!)).to.deep.equal(runFiles(100_000));
    expect(await (await openFolderStore(join(state, 'blobs'))).missing([tree])).to.deep.equal([]);
    expect((await place.status()).map((board) => board.state)).to.deep.equal(['free']);
  });

  it('sends what jobs share once, also when they start together', async () => {
    await using place = await open();
    await Promise.all(['a', 'b', 'c'].map((id) => run(place, jobThat({ tokens: 2 }, id))));
    expect(await calls('blobs.keep')).to.equal(3);
  });

  it('runs a job and try once, and tells what it came to as often as it is asked', async () => {
    await using place = await open();
    const job = jobThat({ tokens: 20, runBytes: 10 });
    const [first, second] = await Promise.all([run(place, job), run(place, job)]);
    await using later = await open();
    const third = await run(later, job);
    for (const each of [second, third]) expect(each).to.deep.equal(first);
    expect(await timesRun('one')).to.equal(1);
    expect(await readdir(join(at.folder, 'runs'))).to.deep.equal(['run']);
  });

  it('keeps runs apart that two machines named alike', async () => {
    await using place = await open();
    const first = await run(place, jobThat({ runBytes: 10 }, 'a'));
    const second = await run(place, jobThat({ runBytes: 20 }, 'b'));
    expect([first.runFolder, second.runFolder]).to.deep.equal([
      join(at.folder, 'runs', 'run'),
      join(at.folder, 'runs', 'run-2'),
    ]);
    expect(await readFolder(second.runFolder!)).to.deep.equal(runFiles(20));
  });

  const trials = environment.trials ?? 6;
  for (let seed = 1; seed <= trials; seed++) {
    it(`loses and doubles nothing when connections are killed at any moment (seed ${seed})`, async () => {
      await using place = await open();
      const running = run(place, jobThat({ tokens: 300, pauseMs: 4, runBytes: 3_000_000 }));
      let done = false;
      const settled = running.finally(() => {
        done = true;
      });
      settled.catch(() => {});
      let kills = 0;
      for (const pauseMs of pausesOf(seed)) {
        await sleep(pauseMs);
        if (done) break;
        if (at.sshd.signalSessions('SIGKILL') > 0) kills++;
      }
      const { outcome, runFolder, events } = await settled;
      expect(kills).to.be.greaterThan(0);
      expect(outcome.verdict).to.equal('pass');
      expect(events).to.have.length(300);
      expect(events).to.deep.equal(await eventsOf('one'));
      expect(await timesRun('one')).to.equal(1);
      expect(await readFolder(runFolder!)).to.deep.equal(runFiles(3_000_000));
      expect(await readdir(join(at.folder, 'runs'))).to.deep.equal(['run']);
    });
  }

  it('waits for a machine that is away, says so meanwhile, and goes on when it is back', async () => {
    await using place = await open();
    const running = run(place, jobThat({ tokens: 100, pauseMs: 10 }));
    await untilCalled('job.follow');
    await at.sshd.kill();
    await untilTrue(async () => (await place.status())[0]!.state === 'unreachable');
    expect((await place.status())[0]!.why).to.match(/lost|reach/);
    await sleep(300);
    await at.sshd.start();
    const { events } = await running;
    expect(events).to.deep.equal(await eventsOf('one'));
    expect(events).to.have.length(100);
    await untilTrue(async () => (await place.status())[0]!.state === 'free');
  });

  it('gives up a machine that stays away, and works with it again later', async () => {
    await using place = await open({ giveUpAfterMs: 400 });
    const running = failureOf(run(place, jobThat({ tokens: 100, pauseMs: 10 })));
    await untilCalled('job.follow');
    await at.sshd.kill();
    expect(await running).to.equal('place-lost');
    await at.sshd.start();
    await untilTrue(async () => (await place.status())[0]!.state === 'free');
    expect((await run(place, jobThat({ tokens: 100, pauseMs: 10 }))).events).to.have.length(100);
    expect(await timesRun('one')).to.equal(1);
  });

  it('says nothing more to a machine that came back with another key, and does not call it away', async () => {
    await using place = await open();
    const running = failureOf(run(place, jobThat({ tokens: 100, pauseMs: 10 })));
    await untilCalled('job.follow');
    const known = await readFile(at.sshd.knownHosts, 'utf8');
    try {
      await at.sshd.kill();
      await writeFile(at.sshd.knownHosts, withOtherKeys(known));
      await at.sshd.start();
      expect(await running).to.equal('host-key-changed');
      expect(await failureOf(place.status())).to.equal('host-key-changed');
    } finally {
      await writeFile(at.sshd.knownHosts, known);
    }
  });

  it('says that a job is lost whose machine was started anew, or has forgotten it', async () => {
    await using place = await open();
    for (const [id, happens] of [
      ['rebooted', () => writeFile(join(state, 'boot'), 'second')],
      ['forgotten', () => rm(join(state, 'jobs'), { recursive: true })],
    ] as const) {
      const running = failureOf(run(place, jobThat({ tokens: 10_000, pauseMs: 5 }, id)));
      const pid = await processOf(id);
      at.sshd.signalSessions('SIGKILL');
      process.kill(pid, 'SIGKILL');
      await happens();
      expect(await running, id).to.equal('place-lost');
    }
  });

  it('tells a job that died by itself apart from a lost place', async () => {
    await using place = await open();
    const running = failureOf(run(place, jobThat({ tokens: 10_000, pauseMs: 5 })));
    process.kill(await processOf('one'), 'SIGKILL');
    expect(await running).to.equal('job-died');
  });

  it("passes on that a board is somebody else's, and may be asked again", async () => {
    await using place = await open();
    const busyWhile = join(at.folder, 'busy');
    await writeFile(busyWhile, '');
    const job = jobThat({ tokens: 1, busyWhile });
    expect(await failureOf(run(place, job))).to.equal('lease-busy');
    await rm(busyWhile);
    expect((await run(place, job)).outcome.verdict).to.equal('pass');
  });

  it('interrupts the job when it is told to, and waits for what that comes to', async () => {
    await using place = await open();
    const stop = new AbortController();
    const running = run(place, jobThat({ tokens: 10_000, pauseMs: 5 }), stop.signal);
    await processOf('one');
    await sleep(100);
    stop.abort(new Error('enough'));
    expect((await running).outcome.verdict).to.equal('inconclusive');
  });

  it('leaves a job running when the place is closed', async () => {
    const place = await open();
    const job = jobThat({ tokens: 100, pauseMs: 10 });
    const running = failureOf(run(place, job));
    await untilCalled('job.follow');
    await place[Symbol.asyncDispose]();
    expect(await running).to.equal('ssh-lost');
    await using later = await open();
    expect((await run(later, job)).events).to.have.length(100);
    expect(await timesRun('one')).to.equal(1);
  });

  it('refuses a machine with another version, or without the program', async () => {
    await writeFile(join(state, 'version'), '0.0.7');
    expect(await failureOf(open())).to.equal('other-version');
    host = { ...host, command: ['/no/such/tokenrack'] };
    const missing = await open().catch((error: Error) => error.message);
    expect(missing).to.include('/no/such/tokenrack').and.include('127').and.include('rack.yaml');
    host = { ...host, command: ['sh', '-c', 'echo broken >&2; exit 9', 'sh'] };
    const broken = await open().catch((error: Error) => error.message);
    expect(broken).to.include('ended with status 9: broken');
    host = { ...host, command: ['sh', '-c', 'sleep 60', 'sh'] };
    const mute = await HostSession.open(host, { timeoutMs: 3000 }).catch((error: Error) => error.message);
    expect(mute).to.match(/^no answer to hello from lab within 3 s: .*sleep 60.*`command` in rack\.yaml$/);
  });
});

/** Milliseconds between one kill and the next: the same for the same seed. */
function pausesOf(seed: number): number[] {
  let random = seed * 2_654_435_761;
  return Array.from({ length: 5 }, () => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return 20 + ((random >>> 8) % 900);
  });
}

async function untilTrue(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await sleep(10);
}

/** The same hosts and types of keys: the last byte of every key differs. */
function withOtherKeys(knownHosts: string): string {
  const other = (key: string): string => {
    const bytes = Buffer.from(key, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    return bytes.toString('base64');
  };
  return knownHosts.replaceAll(/AAAA[\w+/=]+/g, other);
}
