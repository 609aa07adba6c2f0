import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { BoardTalk } from './testing/board-talk.js';
import { buildProbe, flashFileOf } from './testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from './virtual-board.js';

describe('virtual board with two cores at work', function () {
  this.timeout(60_000);
  let folder = '';
  let flashFile = '';
  const boards: VirtualBoard[] = [];

  const start = async (options: Partial<VirtualBoardOptions> = {}) => {
    const board = createVirtualBoard({ name: 'cam', mac: '24:6f:28:00:00:01', flashFile, ...options });
    boards.push(board);
    return { board, talk: await new BoardTalk(board).ready() };
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-cores-'));
    flashFile = flashFileOf(await buildProbe(buildVirtualFirmware), folder);
  });
  afterEach(() => Promise.all(boards.splice(0).map((board) => board.close())));
  after(() => rmSync(folder, { recursive: true }));

  it('tells each core its own time, and joins at the later one or where the bus is done', async () => {
    const { talk } = await start();
    expect(await talk.ask('p 24000 48000 0'), 'registers only').to.equal('510 1020 1035');
    expect(await talk.ask('p 24000 24000 1'), 'both stream from PSRAM').to.equal('5310 5310 9615');
    expect(await talk.ask('p 24000 240 1'), 'one has the bus').to.equal('5310 53 5325');
    expect(await talk.ask('F')).to.equal('0');
    expect(await talk.ask('p 24000 24000 2'), 'flash has the same bus').to.equal('5310 5310 9615');
  });

  it('panics when the card is used in a section, or its calls come out of order', async () => {
    const { talk } = await start();
    for (const [how, headline] of [
      [0, 'parallel_switch(): no parallel section has begun'],
      [1, 'parallel_end(): no parallel section has begun'],
      [2, 'parallel_end(): the second core had no turn'],
      [3, 'card_mount(): only work and now_us may be called in a parallel section'],
      [4, 'parallel_begin(): a parallel section has begun already'],
      [5, 'a task gave up'],
    ] as const) {
      const from = talk.text.length;
      await talk.ask(`B ${how}`);
      await talk.until(/Rebooting\.\.\.[\s\S]*ready\n/, from);
      expect(talk.text.slice(from)).to.include(`\r\n${headline}\r\n`);
    }
  });

  for (const pace of ['virtual', 'real'] as const) {
    it(`can be reset in a section, which is forgotten then, at ${pace} pace`, async () => {
      const { board, talk } = await start({ pace });
      const from = talk.text.length;
      board.write(Buffer.from('S\n'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      board.setLines({ dtr: false, rts: true });
      board.setLines({ dtr: false, rts: false });
      await talk.until(/ready\n/, from);
      expect(await talk.ask('p 24000 24000 0')).to.equal('510 510 525');
    });
  }

  it('stamps what it says with times that rise, over sections too', async () => {
    const { board, talk } = await start();
    const stamps: number[] = [];
    board.onBytes((_bytes, us) => stamps.push(us));
    for (let i = 0; i < 3; i++) await talk.ask('p 24000 48000 1');
    expect(stamps).to.deep.equal([...stamps].sort((a, b) => a - b));
    expect(stamps.at(-1)! - stamps[0]!).to.be.above(2 * 14_400);
  });
});
