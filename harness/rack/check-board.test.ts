import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { noisyCable } from '../bringup/testing/noisy-cable.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { openLink } from '../link/link.js';
import { type PluggedBoard, plugIn } from '../link/virtual-ports.js';
import { loadCostTable } from '../virtual/cost-table.js';
import { loadFlash } from '../virtual/flash-chip-file.js';
import { flashFileOf } from '../virtual/testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from '../virtual/virtual-board.js';
import { checkBoard } from './check-board.js';
import { type CheckResult, failureText, passed, speaksAgainst } from './check-result.js';
import type { CheckOptions } from './checked-board.js';
import { boardSchema, type RackBoard } from './rack-schema.js';

const mac = '24:6f:28:00:00:51';
const cam: RackBoard = boardSchema.parse({ id: 'checked', link: 'virtual', mac });
const held = { signal: new AbortController().signal, assertHeld: async () => {} };

interface Bench {
  readonly card?: boolean;
  readonly chip?: Partial<VirtualBoardOptions>;
  readonly entry?: RackBoard;
  readonly wire?: (board: VirtualBoard) => PluggedBoard;
  readonly options?: Partial<CheckOptions>;
}

const finding = ({ findings }: CheckResult, name: string) => findings.find(({ check }) => check === name)!;
const states = ({ findings }: CheckResult) =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]));

describe('checkBoard', function () {
  this.timeout(60_000);
  let folder = '';
  let build: Build;
  let flashFile = '';
  let cardFolder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-check-'));
    build = await buildVirtualFirmware();
    flashFile = flashFileOf(build, folder);
    cardFolder = join(folder, 'card');
    await mkdir(join(cardFolder, 'some-model'), { recursive: true });
    await writeFile(join(cardFolder, 'some-model', 'weights.bin'), Buffer.alloc(200_000, 7));
  });
  after(() => rm(folder, { recursive: true }));

  async function check({
    card = true,
    chip,
    entry = cam,
    wire = (board) => board,
    options,
  }: Bench): Promise<CheckResult> {
    await using board = createVirtualBoard({
      name: 'checked',
      mac,
      flashFile,
      ...(card && { cardFolder }),
      ...chip,
    });
    const unplug = plugIn(wire(board));
    const open = async () => {
      const link = await openLink('virtual:checked', { baudRate: 115_200 });
      return { link, failure: () => undefined, supply: board, [Symbol.asyncDispose]: () => link.close() };
    };
    try {
      return await checkBoard(entry, {
        lease: held,
        open,
        power: false,
        knownAs: () => undefined,
        ...options,
      });
    } finally {
      unplug();
    }
  }

  it('finds nothing wrong with a sound board, and says what it measured', async () => {
    const result = await check({ options: { power: true } });
    expect(failureText(result)).to.equal(undefined);
    expect(passed(result)).to.equal(true);
    expect(states(result)).to.deep.equal({
      identity: 'pass',
      boot: 'pass',
      card: 'pass',
      psram: 'pass',
      uart: 'pass',
      power: 'pass',
    });
    const { figures } = result;
    expect(figures).to.include({ mac, revision: 301, build: build.id, baudRate: 921_600, uartErrorRate: 0 });
    expect(figures.cardFreeBytes).to.be.within(1, figures.cardBytes!);
    expect(figures.cardMegabytesPerSecond).to.be.within(0.2, 5);
    expect(figures.psramBytes).to.be.within(4_000_000, 4 << 20);
    expect(figures).to.include({ psramTestedBytes: figures.psramBytes! - 16, psramErrors: 0 });
    const held = `${(figures.psramBytes! - 16).toLocaleString('en-US')} bytes, pattern held`;
    expect(finding(result, 'psram').text, 'all but the header of the heap').to.equal(held);
    expect(figures.uartErrorRateAtMost).to.be.within(1e-5, 1e-3);
  });

  it('sees that there is no card, and looks at the rest all the same', async () => {
    const result = await check({ card: false });
    expect(states(result)).to.include({ card: 'fail', psram: 'pass', uart: 'pass', power: 'skipped' });
    expect(finding(result, 'card').text).to.match(/no SD card/);
    expect(finding(result, 'card').next).to.match(/put a card in/);
    expect(passed(result)).to.equal(false);
  });

  it('tells how noisy the wire is', async () => {
    const noise = { fromBaud: 115_200, toBoard: 0, fromBoard: 0.002, seed: 3 };
    const result = await check({ wire: (board) => noisyCable(board, noise).plugged });
    expect(states(result)).to.include({ boot: 'pass', uart: 'fail' });
    expect(result.figures.uartErrorRate).to.be.closeTo(0.002, 0.001);
    expect(finding(result, 'uart').next).to.match(/shorter cable/);
  });

  it('stops at another board, names it, and asks it nothing', async () => {
    const other = '24:6f:28:00:00:52';
    const knownAs = (one: string) => (one === other ? 'cam-2 of rack.yaml' : undefined);
    const result = await check({ chip: { mac: other }, options: { knownAs, build } });
    expect(finding(result, 'identity').text).to.equal(
      `found ${other}, which is cam-2 of rack.yaml, not ${mac}`,
    );
    expect(states(result)).to.include({ identity: 'fail', boot: 'skipped', uart: 'skipped' });
  });

  it('holds the chip’s revision against the rack file', async () => {
    const result = await check({ chip: { revision: 100 } });
    expect(finding(result, 'identity')).to.deep.equal({
      check: 'identity',
      state: 'fail',
      text: `${mac}, revision v1.0, the rack file says v3.1`,
      next: 'correct chip_revision in the rack file to 100',
      blameless: true,
    });
    expect(states(result)).to.include({ boot: 'pass' });
  });

  it('flashes a board without our firmware only when it is told to', async () => {
    const chip = { flashFile: join(folder, 'blank.bin') };
    const blank = await check({ chip });
    expect(states(blank)).to.include({ identity: 'pass', boot: 'fail', card: 'skipped' });
    expect(speaksAgainst(blank), 'its flash is not the board').to.equal(false);
    expect(finding(blank, 'boot').next).to.match(/rack check --flash/);
    expect([...loadFlash(chip.flashFile).writtenSectors()], 'still blank').to.deep.equal([]);
    const flashed = await check({ chip, options: { build } });
    expect(failureText(flashed)).to.equal(undefined);
    expect(flashed.figures.build).to.equal(build.id);
  });

  it('misses PSRAM that a bench board has', async () => {
    const table = loadCostTable();
    const psramBytes = { ...table.memory.psramBytes, value: 2 << 20 };
    const costTable = { ...table, memory: { ...table.memory, psramBytes } };
    const result = await check({ chip: { costTable } });
    expect(finding(result, 'psram')).to.include({ state: 'fail', code: 'psram-too-small' });
    expect(finding(result, 'psram').text).to.match(/^2\.\d+ MB, a bench board has 4 MB$/);
  });

  it('names a data bit of PSRAM that is stuck, with the first word that it spoils', async () => {
    const result = await check({ chip: { psramFaults: [{ line: 'data', bit: 9, stuckAt: 1 }] } });
    expect(finding(result, 'psram')).to.include({ state: 'fail', code: 'psram-data' });
    expect(finding(result, 'psram').text).to.match(
      /^data bit 9 stuck or shorted, [\d,]+ wrong reads of 4,\d{3},\d{3} bytes, first at offset 0x000010: 00000000 written, 00000200 read$/,
    );
    expect(result.figures.psramErrors).to.be.above(1_000_000);
    expect([passed(result), speaksAgainst(result)]).to.deep.equal([false, true]);
    expect(states(result), 'looks at the rest all the same').to.include({ card: 'pass', uart: 'pass' });
  });

  it('names an address line of PSRAM that is stuck, and leaves the board running', async () => {
    const result = await check({ chip: { psramFaults: [{ line: 'address', bit: 14 }] } });
    expect(finding(result, 'psram')).to.include({
      state: 'fail',
      code: 'psram-address',
      text: 'address bit 14 stuck or shorted, first at offset 0x000010: 5a5a5a5a written, a5a5a5a5 read',
    });
    expect(states(result)).to.include({ boot: 'pass', uart: 'pass' });
  });

  it('does not believe a switch that leaves the board running', async () => {
    const power = { kind: 'command', on: ['true'], off: ['true'] };
    const entry = boardSchema.parse({ id: 'checked', link: 'virtual', mac, power });
    const result = await check({ entry, options: { power: true } });
    expect(finding(result, 'power')).to.include({
      state: 'fail',
      text: 'the command true was switched off, and the board still ran',
    });
  });

  it('ends with the lease', async () => {
    const lost = new Error('lease lost');
    const lease = { ...held, assertHeld: () => Promise.reject(lost) };
    expect(await check({ options: { lease } }).catch((error) => error)).to.equal(lost);
  });
});
