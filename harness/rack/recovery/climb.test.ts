import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../../build/virtual-firmware.js';
import { openLink } from '../../link/link.js';
import { plugIn } from '../../link/virtual-ports.js';
import { BoardTalk } from '../../virtual/testing/board-talk.js';
import { flashFileOf } from '../../virtual/testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard } from '../../virtual/virtual-board.js';
import { readHealth } from '../health-file.js';
import type { PoweredBoard } from '../power-board.js';
import { boardSchema, type RackBoard } from '../rack-schema.js';
import { type ClimbOptions, climb, type Seen } from './climb.js';
import { recover } from './recover.js';
import type { RecoveryReport, RecoveryStep } from './report.js';

const mac = '24:6f:28:00:00:31';
const cam = boardSchema.parse({ id: 'climber', link: 'virtual', mac });
const usb = boardSchema.parse({
  id: 'cam-9',
  link: 'usb',
  port: '/dev/ttyUSB9',
  mac,
  power: { kind: 'uhubctl', hub: '1-1', port: 1 },
});

const held = { signal: new AbortController().signal, assertHeld: async () => {} };
const noPort = async (): Promise<PoweredBoard> => expect.fail('these steps need no port');

/** Steps that only note that they were tried; the board is there after `fixedBy`. */
function scripted(fixedBy: RecoveryStep | 'none', sight: Seen['sight'] = 'board') {
  const tried: RecoveryStep[] = [];
  const note = (step: RecoveryStep) => async (): Promise<void> => {
    tried.push(step);
  };
  const executors = {
    reset: note('reset'),
    'long-reset': note('long-reset'),
    reopen: note('reopen'),
    'port-power': note('port-power'),
    'power-hook': note('power-hook'),
  };
  const look = async (): Promise<Seen> =>
    tried.at(-1) === fixedBy ? { sight } : { sight: 'nothing', why: `silent after ${tried.at(-1)}` };
  return { tried, options: { lease: held, open: noPort, executors, look } satisfies ClimbOptions };
}

describe('climb', () => {
  it('stops at the rung that brought the board back, and reports each one', async () => {
    const { tried, options } = scripted('reopen');
    const told: RecoveryReport[] = [];
    const { outcome, steps } = await climb(usb, { ...options, onStep: (step) => told.push(step) });
    expect(outcome).to.equal('back');
    expect(tried).to.deep.equal(['reset', 'long-reset', 'reopen']);
    expect(steps.map(({ fixed }) => fixed)).to.deep.equal([false, false, true]);
    expect(steps[0]!.error).to.equal('silent after reset');
    expect(told).to.deep.equal(steps);
  });

  it('ends beyond recovery after the last rung, with what was seen last', async () => {
    const { tried, options } = scripted('none');
    expect(await climb(usb, options)).to.include({
      outcome: 'beyond-recovery',
      reason: 'silent after port-power',
    });
    expect(tried).to.have.length(4);
  });

  it('goes no further with another board', async () => {
    const { tried, options } = scripted('reset', 'other-board');
    expect((await climb(usb, options)).outcome).to.equal('other-board');
    expect(tried).to.deep.equal(['reset']);
  });

  it('counts a step that could not be done as one that may have helped', async () => {
    const { options } = scripted('reset');
    const reset = async () => Promise.reject(new Error('no lines'));
    const look = async (): Promise<Seen> => ({ sight: 'board' });
    const executors = { ...options.executors, reset };
    const { steps } = await climb(usb, { ...options, executors, look });
    expect(steps[0]).to.include({ fixed: true, error: 'Error: no lines' });
  });

  it('tries nothing more when its time is over', async () => {
    const { options } = scripted('none');
    const reset = async (_: unknown, signal: AbortSignal): Promise<void> =>
      new Promise((done) => signal.addEventListener('abort', () => done()));
    const { outcome, steps, reason } = await climb(usb, {
      ...options,
      executors: { ...options.executors, reset },
      timeoutMs: 30,
    });
    expect([outcome, steps.length, reason]).to.deep.equal(['beyond-recovery', 1, 'not back within 0.03 s']);
  });

  it('ends with the lease, whoever holds the board now', async () => {
    const { tried, options } = scripted('none');
    const lost = new Error('lease lost');
    const lease = { ...held, assertHeld: async () => (tried.length > 0 ? Promise.reject(lost) : undefined) };
    const ended = await climb(usb, { ...options, lease }).catch((error) => error);
    expect([ended, tried.length]).to.deep.equal([lost, 1]);
    const gone = { ...held, signal: AbortSignal.abort(lost) };
    expect(await climb(usb, { ...options, lease: gone }).catch((error) => error)).to.equal(lost);
  });
});

describe('climb on a virtual board', function () {
  this.timeout(60_000);
  let folder = '';
  let flashFile = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-climb-'));
    flashFile = flashFileOf(await buildVirtualFirmware(), folder);
    // The bootloader writes OTA data at the first boot of all.
    await using board = createVirtualBoard({ name: 'climber', mac, flashFile });
    await new BoardTalk(board).until('waiting for load');
  });
  after(() => rm(folder, { recursive: true }));

  async function withBoard(
    chipMac: string,
    act: (board: VirtualBoard, open: () => Promise<PoweredBoard>) => Promise<void>,
  ): Promise<void> {
    await using board = createVirtualBoard({ name: 'climber', mac: chipMac, flashFile });
    const unplug = plugIn(board);
    const open = async (): Promise<PoweredBoard> => {
      const link = await openLink('virtual:climber', { baudRate: 115_200 });
      return { link, failure: () => undefined, supply: board, [Symbol.asyncDispose]: () => link.close() };
    };
    try {
      await act(board, open);
    } finally {
      unplug();
    }
  }

  const flashOf = async () =>
    createHash('sha256')
      .update(await readFile(flashFile))
      .digest('hex');
  const climbed = (board: RackBoard, open: ClimbOptions['open']) => climb(board, { lease: held, open });

  it('is over after a reset when the board answers, and leaves its flash as it was', async () => {
    await withBoard(mac, async (_, open) => {
      const before = await flashOf();
      const { outcome, steps } = await climbed(cam, open);
      expect(outcome).to.equal('back');
      expect(steps).to.have.length(1);
      expect(steps[0]).to.include({ step: 'reset', fixed: true });
      expect(steps[0]).to.not.have.property('error');
      expect(await flashOf()).to.equal(before);
    });
  });

  it('switches the power when resets do not help, and keeps in health.json what was tried', async () => {
    await withBoard(mac, async (board, open) => {
      board.cutPower();
      const { outcome, steps } = await recover(cam, folder, { lease: held, open, lookMs: 2000 });
      expect(outcome).to.equal('back');
      expect(steps.map(({ step, fixed }) => [step, fixed])).to.deep.equal([
        ['reset', false],
        ['long-reset', false],
        ['reopen', false],
        ['port-power', true],
      ]);
      expect(steps[0]!.error).to.match(/no loader answered/);
      expect((await readHealth(folder)).history.at(-1)).to.deep.include({ what: 'recovery', steps });
    });
  });

  it('sees that another board is at its port, and does no more', async () => {
    await withBoard('24:6f:28:00:00:32', async (_, open) => {
      const { outcome, reason, steps } = await climbed(cam, open);
      expect([outcome, steps.length]).to.deep.equal(['other-board', 1]);
      expect(reason).to.equal(`24:6f:28:00:00:32 answers at its port, not ${mac}`);
    });
  });
});
