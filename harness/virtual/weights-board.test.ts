import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { writePartitionTable } from '../image/partition-table.js';
import { loadFlash, saveFlash } from './flash-chip-file.js';
import { BoardTalk } from './testing/board-talk.js';
import { buildProbe, flashFileOf, flashOf } from './testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard } from './virtual-board.js';

const weightsAt = 0x150000;
const weightsBytes = 0x2b0000;

describe('virtual board with a partition for weights', function () {
  this.timeout(60_000);
  let folder = '';
  let probe: Build;
  const boards: VirtualBoard[] = [];

  const start = async (flashFile: string) => {
    const board = createVirtualBoard({ name: 'cam', mac: '24:6f:28:00:00:01', flashFile });
    boards.push(board);
    return { board, talk: await new BoardTalk(board).ready() };
  };

  before(async () => {
    probe = await buildProbe(buildVirtualFirmware);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-weights-'));
  });
  afterEach(async () => {
    await Promise.all(boards.splice(0).map((board) => board.close()));
    rmSync(folder, { recursive: true });
  });

  it('maps what is flashed there, and charges erasing and programming what the chip takes', async () => {
    const path = join(folder, 'flash.bin');
    const flash = flashOf(probe);
    flash.program(weightsAt, Uint8Array.of(0x5a));
    saveFlash(flash, path);
    const { talk } = await start(path);
    expect(await talk.ask('M 2')).to.equal(String(weightsBytes));
    expect(await talk.ask('F')).to.equal('0');
    expect(await talk.ask('P 0')).to.equal('90');
    expect(await talk.ask(`P ${weightsBytes - 1}`)).to.equal('255');
    expect(await talk.ask('W 0 512 15'), 'two pages').to.equal('0 800');
    expect(await talk.ask('P 0')).to.equal(String(0x5a & 0x0f));
    expect(await talk.ask('E 0 4096')).to.equal('0 45000');
    expect(await talk.ask('E 0 131072'), 'two blocks').to.equal('0 300000');
    expect(await talk.ask('P 0')).to.equal('255');
    expect(await talk.ask(`E ${weightsBytes} 4096`)).to.equal('-9 0');
    expect(await talk.ask('E 1 4096')).to.equal('-9 0');
    expect(await talk.ask(`W ${weightsBytes - 4} 8 0`)).to.equal('-9 0');
  });

  it('keeps what the app wrote, in its file and over a reset', async () => {
    const path = flashFileOf(probe, folder);
    const { board, talk } = await start(path);
    expect(await talk.ask('W 4096 4096 165')).to.match(/^0 /);
    expect(loadFlash(path).read(weightsAt + 4095, 2)).to.deep.equal(Uint8Array.of(0xff, 165));
    const from = talk.text.length;
    board.setLines({ dtr: false, rts: true });
    board.setLines({ dtr: false, rts: false });
    await talk.until(/ready\n/, from);
    expect(await talk.ask('F')).to.equal('0');
    expect(await talk.ask('P 4096')).to.equal('165');
  });

  it('leaves half a sector when the power goes in the middle of its erase', async () => {
    const path = flashFileOf(probe, folder);
    const { board, talk } = await start(path);
    await talk.ask('W 0 8192 0');
    const dark = new Promise<void>((resolve) => board.onPower((on) => on || resolve()));
    board.cutPower({ afterFlashOperations: 1.5 });
    board.write(Buffer.from('E 0 8192\n'));
    await dark;
    const left = loadFlash(path);
    expect(left.read(weightsAt, 4096)).to.deep.equal(new Uint8Array(4096).fill(0xff));
    const second = new Set(left.read(weightsAt + 4096, 4096));
    expect(second.size, 'neither programmed nor erased').to.be.above(100);
  });

  it('runs apps on a table without the partition, which then have none to map', async () => {
    const path = join(folder, 'flash.bin');
    const app = probe.appFile.offset;
    const table = writePartitionTable([
      { label: 'factory', type: 0, subtype: 0, offset: app, sizeBytes: 0x180000 },
    ]);
    const flash = flashOf({ ...probe, files: probe.files.filter(({ offset }) => offset !== 0x8000) });
    flash.program(0x8000, table);
    saveFlash(flash, path);
    const { talk } = await start(path);
    expect(await talk.ask('M 2')).to.equal('0');
    expect(await talk.ask('F')).to.equal('-1');
    expect(await talk.ask('E 0 4096')).to.equal('-9 0');
  });

  it('panics when the app maps flash to memory that it does not have, or twice', async () => {
    const { talk } = await start(flashFileOf(probe, folder));
    for (const [lines, headline] of [
      [['O'], 'flash_map(2147418112): '],
      [['F', 'F'], 'region: flash memory declared twice'],
      [['F', 'T'], 'flash_map tells where flash lies'],
    ] as const) {
      const from = talk.text.length;
      for (const line of lines) await talk.ask(line);
      await talk.until(/Rebooting\.\.\.[\s\S]*ready\n/, from);
      expect(talk.text.slice(from)).to.include(headline);
    }
  });
});
