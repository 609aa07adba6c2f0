import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BoardConsole } from '../board/console.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { flashFileOf } from '../virtual/testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoardOptions } from '../virtual/virtual-board.js';
import { openLink } from './link.js';
import { plugIn } from './virtual-ports.js';

const modelFolder = 'tinyllm_float32_weights';

/** The real firmware on the virtual board, which counts its card and its time by itself: two books that must agree. */
describe('firmware and virtual board', function () {
  this.timeout(60_000);
  let folder = '';
  let flashFile = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-counts-'));
    flashFile = flashFileOf(await buildVirtualFirmware(), folder);
    const model = await readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
    await exportCard(model, join(folder, 'card', modelFolder));
  });
  after(() => rm(folder, { recursive: true }));

  async function session(options: Partial<VirtualBoardOptions> = {}) {
    const mac = '24:6f:28:00:00:03';
    await using board = createVirtualBoard({
      name: 'counts',
      mac,
      flashFile,
      cardFolder: join(folder, 'card'),
      ...options,
    });
    const unplug = plugIn(board);
    try {
      await using link = await openLink('virtual:counts', { baudRate: 115_200 });
      await using console = new BoardConsole(link.stream, { board: 'counts' });
      await console.restart();
      await console.hello();
      const { info } = await console.info();
      const before = board.counters();
      const loaded = await console.load(modelFolder);
      await console.sendPrompt([1, 300, 301, 302]);
      const { done, prefill, decode, tokens, stage } = await console.generate({ max: 3 });
      return { mac: info.mac, before, loaded, prefill, decode, done, stage, tokens, after: board.counters() };
    } finally {
      unplug();
    }
  }

  it('agree on the reads, seeks and bytes of a load and a generation', async () => {
    const { mac, before, loaded, prefill, decode, after } = await session();
    expect(mac).to.equal('24:6f:28:00:00:03');
    const said = (name: 'reads' | 'seeks' | 'bytes') => Number(loaded[name]) + prefill![name] + decode![name];
    expect(said('reads'))
      .to.equal(after.cardReads - before.cardReads)
      .and.above(50);
    expect(said('seeks')).to.equal(after.cardSeeks - before.cardSeeks);
    expect(said('bytes')).to.equal(after.cardBytes - before.cardBytes);
  });

  it('give the same records, to the microsecond, on every board of a kind', async () => {
    const { tokens, done, stage, prefill } = await session();
    const again = await session();
    expect(again.tokens).to.deep.equal(tokens.map((token) => ({ ...token, n: again.tokens[0]!.n })));
    expect({ ...again.done, n: '' }).to.deep.equal({ ...done, n: '' });
    expect({ ...again.stage, n: '' }).to.deep.equal({ ...stage, n: '' });
    expect({ ...again.prefill, n: '' }).to.deep.equal({ ...prefill, n: '' });
  });

  it('give the same tokens and logits, at other times, with another card', async () => {
    const slow = await session();
    const fast = await session({ cardMode: '4-bit' });
    expect(fast.done).to.include({ tokens_crc: slow.done.tokens_crc, logits_crc: slow.done.logits_crc });
    expect(fast.decode!.reads).to.equal(slow.decode!.reads);
    expect(fast.decode!.card_us).to.be.below(slow.decode!.card_us);
  });
});
