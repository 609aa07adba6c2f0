import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LeaseRecord } from '../lease/lease.js';
import { listLeases } from '../lease/list.js';
import { releaseLease } from '../lease/release.js';
import { leaseForTest } from '../lease/testing/lease-for-test.js';
import { packageRoot } from '../paths.js';
import { powerBoard } from '../rack/power-board.js';
import { type Rack, readRack, selectBoards } from '../rack/rack-file.js';
import { attemptSchema } from '../results/attempt.js';
import type { RunResult } from '../results/result.js';
import type { BenchEvent } from './events.js';
import type { RunOptions } from './run-options.js';
import { runScenario } from './run-scenario.js';
import { parseScenario } from './scenario-spec.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');

describe('the leases of a run', function () {
  this.timeout(60_000);
  let folder = '';
  let state = '';
  let rack: Rack;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-leased-'));
    state = join(folder, 'state');
    rack = await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const folderOf = (id: string): string => {
    const [board] = selectBoards(rack, [id]);
    return join(state, 'boards', board!.mac.replaceAll(':', '-'));
  };

  function run(title: string, boards: readonly string[], more: Partial<RunOptions> = {}, repeats = 1) {
    const spec = parseScenario(title, {
      model,
      prompts: ['Once'],
      generate: { tokens: 3 },
      repeats,
      warmups: 0,
    });
    return runScenario(title, spec, [], {
      rack,
      boards,
      retries: 2,
      stateFolder: state,
      machineFolder: join(folder, 'machine'),
      runsFolder: join(folder, 'runs'),
      onEvent: () => {},
      ...more,
    });
  }

  async function attemptsOf(result: RunResult, board: string) {
    return Promise.all(
      result.attempts!.map(async ({ attempt }) => {
        const path = join(result.run.folder, 'boards', board, `attempt-${attempt}`, 'attempt.json');
        return attemptSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      }),
    );
  }

  it('are in the run folders, and of one board never overlap', async () => {
    const waited: BenchEvent[] = [];
    const onEvent = (event: BenchEvent): void => {
      if (event.type === 'waiting') waited.push(event);
    };
    const results = await Promise.all(['one', 'two'].map((title) => run(title, ['cam-1'], { onEvent })));
    const leases = (await Promise.all(results.map((result) => attemptsOf(result, 'cam-1')))).flat();
    const [first, second] = leases
      .map(({ lease }) => lease as LeaseRecord & { endedUs: number })
      .sort((a, b) => a.fence - b.fence);
    expect(results.map(({ verdict }) => verdict)).to.deep.equal(['pass', 'pass']);
    expect([first?.fence, second?.fence]).to.deep.equal([1, 2]);
    expect(second!.acquiredUs).to.be.greaterThan(first!.endedUs);
    expect(first!.endedUs).to.be.greaterThan(first!.acquiredUs);
    expect(waited[0]).to.deep.include({ type: 'waiting', board: 'cam-1', position: 1 });
    expect((await listLeases(state)).map(({ holder }) => holder)).to.deep.equal([undefined]);
  });

  it('end an attempt when they are lost, without another attempt', async () => {
    const onEvent = (event: BenchEvent): void => {
      if (event.type === 'booted') void releaseLease(folderOf('cam-1'), { force: true });
    };
    const result = await run('long', ['cam-1'], { onEvent }, 400);
    expect(result.verdict).to.equal('infra-fail');
    const [attempt, ...more] = await attemptsOf(result, 'cam-1');
    expect(more).to.deep.equal([]);
    expect(attempt?.failure).to.include({ class: 'infra-fail', code: 'lease-lost' });
    expect(attempt?.lease).to.include({ fence: 1 }).and.not.have.property('endedUs');
  });

  it('are looked at before every flash', async () => {
    const onEvent = (event: BenchEvent): void => {
      if (event.type === 'attempt') void releaseLease(folderOf('cam-1'), { force: true });
    };
    const result = await run('late', ['cam-1'], { onEvent });
    const [attempt] = await attemptsOf(result, 'cam-1');
    expect(attempt?.failure).to.include({ code: 'lease-lost' });
    expect(attempt).to.not.have.property('flash');
  });

  it('are waited for until the user interrupts, and then nobody is in line', async () => {
    const [board] = selectBoards(rack, ['cam-2']);
    await using _held = await leaseForTest(state, board!);
    const stop = new AbortController();
    const onEvent = (event: BenchEvent): void => {
      if (event.type === 'waiting') stop.abort();
    };
    const result = await run('stopped', ['cam-1', 'cam-2'], { onEvent, signal: stop.signal });
    expect(result.verdict).to.equal('inconclusive');
    expect(result.attempts!.map(({ failure }) => failure?.code)).to.deep.equal([
      'interrupted',
      'interrupted',
    ]);
    const summary = await readFile(join(result.run.folder, 'summary.txt'), 'utf8');
    expect(summary).to.match(/^inconclusive: interrupted while waiting for cam-2; no board was touched/m);
    expect(summary).to.not.contain('generations');
    const states = await listLeases(state);
    expect(states.map(({ board, queue }) => [board, queue.length])).to.deep.equal([
      ['cam-1', 0],
      ['cam-2', 0],
    ]);
    expect(states[0]).to.not.have.property('holder');
  });

  it('make the run an infra-fail of each board when one cannot be had in time', async () => {
    const [board] = selectBoards(rack, ['cam-2']);
    await using _held = await leaseForTest(state, board!);
    const result = await run('busy', ['cam-1', 'cam-2'], { leaseTimeoutMs: 0 });
    expect(result.verdict).to.equal('infra-fail');
    expect(result.attempts!.map(({ failure }) => failure?.code)).to.deep.equal(['lease-busy', 'lease-busy']);
  });

  it('may be the caller’s, who keeps them', async () => {
    const [board] = selectBoards(rack, ['cam-1']);
    await using held = await leaseForTest(state, board!);
    const result = await run('held', ['cam-1'], { leases: [held], leaseTimeoutMs: 0 });
    expect(result.verdict).to.equal('pass');
    expect((await attemptsOf(result, 'cam-1'))[0]?.lease).to.include({ fence: held.record.fence });
    await held.assertHeld();
  });

  it('power no virtual board that has seen a larger fence', async () => {
    const [board] = selectBoards(rack, ['cam-1']);
    await using lease = await leaseForTest(state, board!);
    await (await powerBoard(board!, { stateFolder: state, lease }))[Symbol.asyncDispose]();
    await writeFile(join(folderOf('cam-1'), 'seen-fence'), '2\n');
    const error = await powerBoard(board!, { stateFolder: state, lease }).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'stale-fence', failureClass: 'infra-fail' });
  });
});
