import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseScenario } from '../../bench/scenario-spec.js';
import { readEnvironment } from '../../config/environment.js';
import { acquireLease } from '../../lease/acquire.js';
import { listLeases } from '../../lease/list.js';
import { packageRoot } from '../../paths.js';
import { boardFolder } from '../../rack/board-folder.js';
import type { Overrides } from '../../scenario/overrides.js';
import { defaultCostTablePath } from '../../virtual/cost-table.js';
import { openFolderStore } from '../blobs/folder-store.js';
import { ship } from '../blobs/ship.js';
import type { Job, Placement } from './job.js';
import { JobFolder } from './job-folder.js';
import { eventOfLine, type JobLine } from './job-line.js';
import { type JobStore, openJobStore } from './job-store.js';
import { makeJob } from './make-job.js';
import { isAlive } from './process-identity.js';
import { placed, sampleBoard } from './testing/sample-job.js';

const never = new AbortController().signal;

/** Whole jobs, each in a process of its own, on a virtual board. */
describe('the process of a job', () => {
  let state = '';
  let store: JobStore;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'tokenrack-job-'));
    store = openJobStore(state);
  });
  after(() => rm(state, { recursive: true, force: true, maxRetries: 5 }));

  const ref = (id: string) => ({ id, try: 1 });
  const quick: Overrides = { prompts: ['Hello there'], tokens: 3, repeats: 1, warmups: 0 };
  /** Longer than any test waits. */
  const endless: Overrides = { ...quick, tokens: 64, repeats: 1000 };

  async function job(id: string, overrides: Overrides): Promise<Job> {
    const { tokens, ...rest } = overrides;
    const input = { ...rest, prompts: [...(overrides.prompts ?? [])], generate: { tokens } };
    const spec = parseScenario('ad hoc', input);
    const { job: made, made: tree } = await makeJob({
      id,
      title: 'ad hoc',
      spec,
      overrides,
      leaseTtlMs: 3000,
    });
    await ship(tree, await openFolderStore(join(state, 'blobs')));
    return made;
  }

  async function start(id: string, overrides: Overrides, more: Partial<Placement> = {}): Promise<void> {
    expect(await store.start(await job(id, overrides), { ...placed(), ...more })).to.equal('started');
  }

  /** Resolves at the first event of that type. */
  async function reached(id: string, type: string): Promise<void> {
    const stop = new AbortController();
    const found = new Error('found');
    const look = (line: JobLine): void => {
      if (eventOfLine(line)?.type === type) stop.abort(found);
    };
    const outcome = await store.follow(ref(id), 0, look, stop.signal).catch((error: unknown) => {
      if (error !== found) throw error;
    });
    expect(outcome, `ended before ${type}`).to.equal(undefined);
  }

  async function pidOf(id: string): Promise<number> {
    const claim = await JobFolder.of(state, ref(id)).claimed();
    if (claim === undefined || 'abandoned' in claim) return expect.fail('no process');
    return claim.pid;
  }

  const { machineFolder } = readEnvironment();
  const folder = () => boardFolder(sampleBoard, { stateFolder: state, machineFolder });
  const lease = (timeoutMs: number) =>
    acquireLease({ folder: folder(), board: sampleBoard.id, mac: sampleBoard.mac, what: 'test', timeoutMs });

  it('tells another holder of the board at once, by name', async () => {
    await using held = await lease(1000);
    await start('busy', quick);
    const { verdict, failures, boards, run } = await store.follow(ref('busy'), 0, () => {}, never);
    expect(run).to.equal(undefined);
    expect(verdict).to.equal('infra-fail');
    expect(failures.map(({ code }) => code)).to.deep.equal(['lease-busy']);
    expect(failures[0]!.message).to.match(/cam-1.*test/);
    expect(boards).to.deep.equal([{ id: 'cam-1', mac: sampleBoard.mac }]);
    expect(held.record.fence).to.equal(1);
  });

  it('stands in line for another holder of the board as long as it was placed for, behind who came before', async () => {
    const held = await lease(1000);
    const first = lease(60_000);
    await start('patient', quick, { waitMs: 60_000 });
    await start('short', quick, { waitMs: 10 });
    const short = await store.follow(ref('short'), 0, () => {}, never);
    expect(short.failures.map(({ code }) => code)).to.deep.equal(['lease-busy']);
    expect(short.run).to.equal(undefined);
    await reached('patient', 'waiting');
    await held.release();
    const before = await first;
    await before.release();
    const places: (number | undefined)[] = [];
    const { verdict, boards } = await store.follow(
      ref('patient'),
      0,
      (line) => {
        const event = eventOfLine(line);
        if (event?.type === 'waiting') places.push(event.position);
      },
      never,
    );
    expect(verdict).to.equal('pass');
    expect(places[0], 'who came before is before it').to.equal(2);
    expect(boards[0]?.fence).to.equal(before.record.fence + 1);
  });

  it('comes to an outcome when it is stopped, and again when it is stopped twice', async () => {
    await start('stopped', endless);
    await reached('stopped', 'generation');
    await store.stop(ref('stopped'));
    await store.stop(ref('stopped'));
    const { verdict, failures, run } = await store.follow(ref('stopped'), 0, () => {}, never);
    expect(verdict).to.equal('inconclusive');
    expect(failures[0]).to.include({ code: 'interrupted' });
    expect(run?.tree).to.match(/^[0-9a-f]{64}$/);
    await (await lease(0)).release();
  });

  it('comes to an outcome when it was stopped before it began', async () => {
    const made = JobFolder.of(state, ref('early'));
    await made.make(await job('early', endless), placed());
    await store.stop(ref('early'));
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'host', 'run-job', made.path], {
      env: { ...process.env, TOKENRACK_STATE: state },
    });
    const { verdict, failures } = await store.follow(ref('early'), 0, () => {}, never);
    expect(verdict).to.equal('inconclusive');
    expect(failures[0]).to.include({ code: 'interrupted' });
    expect(await new Promise((done) => child.on('close', done))).to.equal(5);
  });

  it('keeps a config-error one, with its code', async () => {
    await start('bad', { ...quick, context: 100_000 });
    const { verdict, failures } = await store.follow(ref('bad'), 0, () => {}, never);
    expect(verdict).to.equal('config-error');
    expect(failures).to.have.length(1);
    expect(failures[0]).to.include({ class: 'config-error', code: 'context-too-long' });
  });

  it('runs a board by the cost table that came with the placement', async () => {
    const table = JSON.parse(await readFile(defaultCostTablePath, 'utf8'));
    table.card.sequentialOneBit.value = 0.5;
    await start('slow-card', quick, { costTables: { [sampleBoard.mac]: JSON.stringify(table) } });
    const bandwidths: (number | undefined)[] = [];
    const { verdict } = await store.follow(
      ref('slow-card'),
      0,
      (line) => {
        const event = eventOfLine(line);
        if (event?.type === 'planned') bandwidths.push(event.plan.boards[0]?.limits?.cardBandwidth);
      },
      never,
    );
    expect(verdict).to.equal('pass');
    expect(bandwidths).to.deep.equal([0.5]);
  });

  it('says what kept its tree from being there', async () => {
    const made = await job('treeless', quick);
    await store.start({ ...made, tree: 'f'.repeat(64) }, placed());
    const { verdict, failures } = await store.follow(ref('treeless'), 0, () => {}, never);
    expect(verdict).to.equal('infra-fail');
    expect(failures[0]).to.include({ code: 'no-blob' });
  });

  const moments = ['planned', 'attempt', 'flash', 'booted', 'generation', 'generated'];
  for (const [index, moment] of moments.entries()) {
    it(`is told as dead when it is killed at "${moment}", and its board is free`, async () => {
      const id = `killed-${index}`;
      await start(id, endless);
      await reached(id, moment);
      process.kill(await pidOf(id), 'SIGKILL');
      const error = await store.follow(ref(id), 0, () => {}, never).catch((cause: unknown) => cause);
      expect(error).to.have.property('code', 'job-died');
      const next = await lease(1000);
      await next.release();
      expect((await listLeases(state)).find(({ mac }) => mac === sampleBoard.mac)?.holder).to.equal(
        undefined,
      );
    });
  }

  it('goes on when whoever started it is killed, unless it is tied: then it ends within a second, its board free', async () => {
    for (const tied of [false, true]) {
      const id = `parent-${tied}`;
      const program = join(packageRoot, 'dist', 'farm', 'jobs', 'testing', 'start-and-wait.js');
      const parent = spawn(
        process.execPath,
        [program, state, JSON.stringify(await job(id, endless)), String(tied)],
        { detached: true },
      );
      await new Promise((done) => parent.stdout.once('data', done));
      await reached(id, 'generation');
      const claim = await JobFolder.of(state, ref(id)).claimed();
      if (claim === undefined || 'abandoned' in claim) return expect.fail('no process');
      // With its whole process group, as a terminal that is closed does.
      process.kill(-parent.pid!, 'SIGKILL');
      await new Promise((done) => setTimeout(done, 1000));
      expect(isAlive(claim), `tied: ${tied}`).to.equal(!tied);
      if (!tied) await store.stop(ref(id));
      await store.follow(ref(id), 0, () => {}, never).catch(() => {});
      await (await lease(tied ? 0 : 1000)).release();
    }
  });
});
