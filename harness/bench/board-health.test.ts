import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, InfraError, type TokenrackError } from '../errors.js';
import { serveRfc2217 } from '../link/rfc2217-server.js';
import { packageRoot } from '../paths.js';
import { quarantine, readHealth, recordOutcome } from '../rack/health-file.js';
import type { Rack } from '../rack/rack-file.js';
import { boardSchema, type RackBoard } from '../rack/rack-schema.js';
import type { Failure } from '../results/verdict.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';
import { afterAttempt } from './board-health.js';
import type { BenchEvent } from './events.js';
import { homeOf } from './resting-boards.js';
import type { RunOptions } from './run-options.js';
import { runScenario } from './run-scenario.js';
import { parseScenario } from './scenario-spec.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');
const [ourMac, otherMac] = ['24:6f:28:00:00:61', '24:6f:28:00:00:62'] as const;
const virtual = boardSchema.parse({ id: 'cam-1', link: 'virtual', mac: ourMac });

type Told = Extract<BenchEvent, { type: 'recovery' | 'quarantined' | 'failure' }>;

describe('the health of the boards of a run', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-board-health-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const homes = () => ({ stateFolder: join(folder, 'state'), machineFolder: join(folder, 'machine') });
  const healthOf = (board: RackBoard) => readHealth(homeOf(board, homes()));

  async function run(boards: readonly RackBoard[], more: Partial<RunOptions> = {}) {
    const told: Told[] = [];
    const rack: Rack = { path: 'rack.yaml', hosts: [], boards };
    const spec = parseScenario('health', { model, prompts: ['Once'], generate: { tokens: 2 }, repeats: 1 });
    const result = await runScenario('health', spec, [], {
      rack,
      boards: [],
      retries: 0,
      ...homes(),
      runsFolder: join(folder, 'runs'),
      onEvent: (event) => {
        if (['recovery', 'quarantined', 'failure'].includes(event.type)) told.push(event as Told);
      },
      ...more,
    });
    return { result, told };
  }

  it('keeps which build is in a board’s flash, and that a job passed', async () => {
    await recordOutcome(homeOf(virtual, homes()), {
      kind: 'infra-fail',
      reason: 'once',
      beyondRecovery: false,
    });
    const { result } = await run([virtual]);
    expect(result.verdict).to.equal('pass');
    const health = await healthOf(virtual);
    expect(health).to.include({ state: 'good', infraFails: 0 });
    expect(health.build).to.match(/^\d+\.\d+\.\d+-[0-9a-f]{8}$/);
  });

  it('leaves alone a board that is there instead, and puts the missing one into quarantine', async () => {
    const flashFile = join(folder, 'other.bin');
    await using other = createVirtualBoard({ name: 'other', mac: otherMac, flashFile });
    await using server = await serveRfc2217(other, { port: 0 });
    const behind = { link: 'rfc2217', host: '127.0.0.1', port: server.port, clock: 'modelled' };
    const ours = boardSchema.parse({ ...behind, id: 'left', mac: ourMac });
    const theirs = boardSchema.parse({ ...behind, id: 'right', mac: otherMac });
    const resets = () => other.counters().resets;
    const { result, told } = await run([ours, theirs], { retries: 2 });
    expect(result.verdict).to.equal('infra-fail');
    const failures = told.filter(({ type }) => type === 'failure');
    expect(failures, 'a retry would meet the same board').to.have.length(1);
    expect(JSON.stringify(failures)).to.match(
      /expected board 24:6f:28:00:00:61, found 24:6f:28:00:00:62, which is right of rack\.yaml; nothing was flashed/,
    );
    expect(
      (await readFile(flashFile)).subarray(4096).every((byte) => byte === 0),
      'its flash is blank',
    ).to.equal(true);
    expect(resets(), 'only those of the identification').to.be.below(6);
    expect(await healthOf(ours)).to.include({ state: 'quarantined', infraFails: 0 });
    expect((await healthOf(ours)).quarantine).to.include({ misplaced: true });
    expect((await healthOf(theirs)).state).to.equal('good');
  });

  it('passes over a board in quarantine, and refuses when no other fits', async () => {
    const second = boardSchema.parse({ id: 'cam-2', link: 'virtual', mac: otherMac });
    await quarantine(homeOf(virtual, homes()), 'said nothing');
    const { result } = await run([virtual, second]);
    expect(result.boards.map(({ id }) => id)).to.deep.equal(['cam-2']);
    const refused: TokenrackError = await run([virtual]).then(
      () => expect.fail('it should have been refused'),
      (error) => error,
    );
    expect(refused).to.be.instanceOf(InfraError).with.property('code', 'board-quarantined');
    expect(refused.message).to.equal(
      'in quarantine: cam-1 (said nothing); look at it, then `tokenrack rack check cam-1 --release`, or use it all the same with --board cam-1',
    );
  });

  it('uses a board in quarantine that is named, and says so', async () => {
    await quarantine(homeOf(virtual, homes()), 'said nothing');
    const { result, told } = await run([virtual], { boards: ['cam-1'] });
    expect(result.verdict).to.equal('pass');
    expect(told).to.deep.equal([{ type: 'quarantined', board: 'cam-1', reason: 'said nothing' }]);
  });
});

describe('afterAttempt', function () {
  this.timeout(60_000);
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tokenrack-after-'));
  });
  afterEach(() => rm(home, { recursive: true }));

  const usb = boardSchema.parse({ id: 'cam-9', link: 'usb', port: '/dev/ttyUSB9', mac: ourMac });
  const failing = (failureClass: Failure['class'], code: string) => ({
    class: failureClass,
    code,
    message: `cam-9: ${code}`,
    board: 'cam-9',
  });

  async function settled(failure: ReturnType<typeof failing> | undefined) {
    const events: BenchEvent[] = [];
    const signal = new AbortController().signal;
    // No InfraError: the rung `reopen` gives such a port 10 s to come back.
    const noPort = new ConfigError('no-such-port', '/dev/ttyUSB9: no such port');
    const open = () => Promise.reject(noPort);
    const lease = { signal, assertHeld: async () => {} } as never;
    const onEvent = (event: BenchEvent) => void events.push(event);
    const mayRetry = await afterAttempt(usb, failure, { home, open, signal }, { lease, onEvent });
    return { mayRetry, events, health: await readHealth(home) };
  }

  it('climbs the ladder after an infra-fail, tells of each rung, and ends in quarantine', async () => {
    const { mayRetry, events, health } = await settled(failing('infra-fail', 'board-silent'));
    expect(mayRetry).to.equal(false);
    expect(events.map((event) => (event.type === 'recovery' ? event.step : event.type))).to.deep.equal([
      'reset',
      'long-reset',
      'reopen',
      'quarantined',
    ]);
    expect(events[0]).to.include({ board: 'cam-9', fixed: false, error: '/dev/ttyUSB9: no such port' });
    expect(health.quarantine?.reason).to.equal('cam-9: board-silent');
    expect(health.history.map(({ what }) => what)).to.deep.equal(['recovery', 'infra-fail', 'quarantined']);
  });

  it('holds a build’s failure, and a busy port, against no board', async () => {
    for (const [kind, code] of [
      ['product-fail', 'board-panic'],
      ['inconclusive', 'flash-aborted'],
      ['infra-fail', 'port-in-use'],
      ['infra-fail', 'image-fault'],
    ] as const) {
      const { mayRetry, events, health } = await settled(failing(kind, code));
      expect([mayRetry, events.length], code).to.deep.equal([kind === 'infra-fail', 0]);
      expect([health.state, health.infraFails], code).to.deep.equal(['good', 0]);
    }
  });
});
