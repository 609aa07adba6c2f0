import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { loadFlash, saveFlash } from './flash-chip-file.js';
import { BoardTalk } from './testing/board-talk.js';
import { buildProbe, flashFileOf, flashOf } from './testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from './virtual-board.js';

const mac = '24:6f:28:00:00:01';
const held = { dtr: false, rts: true };
const released = { dtr: false, rts: false };

describe('virtual board', function () {
  // The first run compiles the probe; a busy machine takes its time.
  this.timeout(60_000);
  let folder = '';
  let flashFile = '';
  let probe: Build;
  const boards: VirtualBoard[] = [];

  const make = (options: Partial<VirtualBoardOptions> = {}) => {
    const board = createVirtualBoard({ name: 'cam', mac, flashFile, ...options });
    boards.push(board);
    return board;
  };
  const start = async (options: Partial<VirtualBoardOptions> = {}) => {
    const board = make(options);
    return { board, talk: await new BoardTalk(board).ready() };
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-board-'));
    probe = await buildProbe(buildVirtualFirmware);
    flashFile = flashFileOf(probe, folder);
    mkdirSync(join(folder, 'card'));
    writeFileSync(join(folder, 'card', 'data.bin'), 'abcdefghijklmnopqrstuvwxyz'.repeat(2000));
  });
  afterEach(() => Promise.all(boards.splice(0).map((board) => board.close())));
  after(() => rmSync(folder, { recursive: true }));

  it('boots what lies in flash and runs it, with its identity', async () => {
    const { talk } = await start({ revision: 100 });
    expect(talk.text).to.match(/^ets Jun {2}8 2016 00:22:57/);
    expect(talk.text).to.include('rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)');
    expect(await talk.ask('c')).to.match(
      /^rev=100 mac=24:6f:28:00:00:01 reset=poweron elf=[0-9a-f]{16} build=\S+ idf=\S+$/,
    );
    expect(await talk.ask('M 1')).to.equal('4184064');
  });

  it('has no power while it stands ready, and is heard from its first byte on', async () => {
    const board = make({ pace: 'real' });
    await Promise.all([board.ready(), make({ name: 'other' }).ready()]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(board.counters()).to.include({ timeUs: 0, resets: 0, uartSentBytes: 0 });
    const talk = await new BoardTalk(board).ready();
    expect(talk.text).to.match(/^ets J/);
    expect(talk.text.match(/\bets J/g)).to.have.length(1);
    await board.ready();
  });

  it('can be closed while it stands ready, or is about to', async () => {
    const board = make();
    await board.ready();
    await board.close();
    const another = make();
    const ready = another.ready();
    await another.close();
    await ready;
  });

  it('spoils what its broken PSRAM gets from the card and from copies, and nothing else', async () => {
    const psramFaults = [{ line: 'data', bit: 15, stuckAt: 1 }] as const;
    const { talk } = await start({ cardFolder: join(folder, 'card'), psramFaults });
    await talk.ask('m');
    await talk.ask('r 0 4 1');
    expect([await talk.ask('y 0'), await talk.ask('y 1'), await talk.ask('y 5')]).to.deep.equal([
      '97',
      String(98 | 0x80),
      '0',
    ]);
    await talk.ask('w 0 8 1');
    expect(await talk.ask('y 5'), 'a product only reads').to.equal('0');
    await talk.ask('w 15 8 1');
    expect(await talk.ask('y 5'), 'a copy of 8 bytes').to.equal('128');
    expect(await talk.ask('y 9')).to.equal('0');
    expect(() => make({ psramFaults: [{ line: 'data', bit: 32, stuckAt: 1 }] })).to.throw(RangeError);
  });

  it('does not start an image that was corrupted, and says what the bootloader says', async () => {
    const path = join(folder, 'corrupt.bin');
    const flash = flashOf(probe);
    flash.program(0x10000 + 600, new Uint8Array(1));
    saveFlash(flash, path);
    const talk = new BoardTalk(make({ flashFile: path }));
    await talk.until(/Checksum failed[\s\S]*No bootable app partitions/);
    expect(talk.text).not.to.include('ready');
  });

  it('enters the loader when DTR is asserted as RTS is released', async () => {
    const { board, talk } = await start();
    board.setLines(held);
    board.setLines({ dtr: true, rts: false });
    await talk.until(/boot:0x3 \(DOWNLOAD_BOOT.*\r\nwaiting for download/);
    board.setLines(held);
    board.setLines(released);
    await talk.until(/waiting for download[\s\S]*ready\n/);
  });

  it('is silent while RTS holds it in reset', async () => {
    const { board, talk } = await start();
    board.setLines(held);
    const from = talk.text.length;
    board.write(Buffer.from('e unheard\n'));
    board.setLines(released);
    await talk.until(/ready\n/, from);
    expect(await talk.ask('e heard')).to.equal('e heard');
    expect(talk.text.slice(from)).to.match(/^ets /);
    expect(talk.text).not.to.include('unheard');
    expect(board.counters().resets).to.equal(2);
  });

  it('charges work by the memory it reads, and time goes on only by that and by the wire', async () => {
    const { talk } = await start();
    expect(await talk.ask('w 0 24000 0')).to.equal('510');
    expect(await talk.ask('w 0 24000 1')).to.equal(String(510 + 96_000 / 20));
    expect(await talk.ask('t 5000')).to.equal('0 5000');
  });

  it('gives the same times in every run, whatever the host does in between', async () => {
    const transcript = async (delayMs: number) => {
      const { board, talk } = await start({ cardFolder: join(folder, 'card') });
      const stamps: [string, number][] = [];
      for (const line of ['m', 'r 0 16 0', 'w 0 1000 1', 'n', 's 5']) {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        const from = talk.text.length;
        board.write(Buffer.from(`${line}\n`));
        await talk.until(line.startsWith('r') ? /\n.*\n/ : /\n/, from);
        stamps.push([talk.text.slice(from), talk.lastUs]);
      }
      return { stamps, counters: board.counters() };
    };
    const first = await transcript(0);
    expect(await transcript(15)).to.deep.equal(first);
    expect(first.counters).to.include({ cardReads: 1, cardBytes: 16, cardSeeks: 1 });
  });

  it('reads the card at modelled cost, slower by far straight into PSRAM', async () => {
    const cardFolder = join(folder, 'card');
    const timed = async (options: Partial<VirtualBoardOptions>, target: 0 | 1) => {
      const { board, talk } = await start({ cardFolder, ...options });
      expect(await talk.ask('m')).to.equal('0');
      expect(await talk.ask(`r 0 ${target ? 37_000 : 370} ${target}`)).to.equal('0');
      return board.counters().cardUs;
    };
    expect(await timed({}, 0)).to.be.closeTo(1000 + 100, 0.01);
    expect(await timed({ cardMode: '4-bit' }, 1)).to.be.closeTo(1000 + 37_000 / 9 + 37_000 / 20, 0.01);
    expect(await timed({ bounceBuffer: false }, 1)).to.be.closeTo(1000 + 37_000 / 0.2, 0.01);
  });

  it('finds the card that is in the slot when it mounts', async () => {
    const { board, talk } = await start();
    expect(await talk.ask('m')).to.equal('-1');
    board.setCardFolder(join(folder, 'card'));
    expect(await talk.ask('m')).to.equal('0');
    expect(await talk.ask('o data.bin')).to.equal('0');
    expect(await talk.ask('o none.bin')).to.equal('-2');
    board.setCardFolder(null);
    expect(await talk.ask('o data.bin'), 'swapping shows at the next mount').to.equal('1');
    expect(await talk.ask('m')).to.equal('-1');
  });

  it('panics as ESP-IDF does when the app traps, and starts again with that reason', async () => {
    const { talk } = await start();
    for (const [line, headline] of [
      ['u', "Guru Meditation Error: Core  0 panic'ed (IllegalInstruction). Exception was unhandled."],
      ['x', "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled."],
      ['d', "Guru Meditation Error: Core  0 panic'ed (IntegerDivideByZero). Exception was unhandled."],
      ['a', 'the probe gave up\r\n\r\nabort() was called at PC 0x400d'],
      ['k', 'work(99, 1, '],
    ] as const) {
      const from = talk.text.length;
      await talk.ask(line);
      await talk.until(/Rebooting\.\.\.[\s\S]*rst:0xc \(SW_CPU_RESET\)[\s\S]*ready\n/, from);
      const text = talk.text.slice(from);
      expect(text).to.include(headline);
      expect(text).to.match(/Backtrace: 0x400d[0-9a-f]{4}:0x00000000/);
      expect(await talk.ask('c')).to.include('reset=panic');
    }
  });

  it('restarts when the app asks', async () => {
    const { talk } = await start();
    const from = talk.text.length;
    await talk.ask('R');
    await talk.until(/restarting\n[\s\S]*rst:0xc[\s\S]*ready\n/, from);
    expect(await talk.ask('c')).to.include('reset=software');
  });

  it('is garbage to a host at another rate, both ways, and clear again at the right one', async () => {
    const { board, talk } = await start();
    expect(await talk.ask('b 921600')).to.equal('switching');
    const from = talk.text.length;
    board.write(Buffer.from('e lost\n'));
    board.setBaud(921_600);
    board.write(Buffer.from('\n'));
    expect(await talk.ask('e found')).not.to.include('lost');
    await talk.until(/e found\n/, from);
    board.setBaud(115_200);
    const garbled = talk.text.length;
    board.setBaud(921_600);
    board.write(Buffer.from('e again\n'));
    board.setBaud(115_200);
    await talk.until(/[\s\S]/, garbled);
    expect(talk.text.slice(garbled)).not.to.include('again');
  });

  it('can be reset out of a loop that never calls the board, with flash and clock kept', async () => {
    const { board, talk } = await start();
    const before = board.counters();
    expect(await talk.ask('l')).to.equal('looping');
    const from = talk.text.length;
    board.setLines(held);
    board.setLines(released);
    await talk.until(/ready\n/, from);
    expect(await talk.ask('e alive')).to.equal('e alive');
    expect(board.counters().timeUs).to.be.above(before.timeUs);
    expect(board.counters().resets).to.equal(2);
  });

  it('can be closed in a loop that never calls the board; closing again is nothing', async () => {
    const { board, talk } = await start();
    const gone: unknown[] = [];
    board.onGone((error) => gone.push(error));
    expect(await talk.ask('l')).to.equal('looping');
    await board.close();
    await board.close();
    expect(gone).to.deep.equal([undefined]);
    expect(() => board.write(Buffer.from('e\n'))).to.throw(/virtual board cam is closed/);
    expect(talk.text).to.match(/looping\n$/);
  });

  it('keeps time with the wall clock at real pace', async () => {
    const startedMs = performance.now();
    const { board, talk } = await start({ pace: 'real' });
    await talk.ask('t 200000');
    const wallUs = (performance.now() - startedMs) * 1000;
    expect(board.counters().timeUs).to.be.within(700_000, wallUs);
  });

  it('returns to idling when the app ends, and its stack is watched', async () => {
    const { talk } = await start();
    const shallowBytes = Number(await talk.ask('s 0'));
    expect(shallowBytes).to.be.within(12_288, 16_384);
    expect(Number(await talk.ask('s 10')), 'ten frames of 256 bytes deeper').to.be.at.most(
      shallowBytes - 2560,
    );
    expect(Number(await talk.ask('s 0')), 'a low-water mark').to.be.at.most(shallowBytes - 2560);
    await talk.ask('s 100');
    await talk.until(/stack overflow in task main[\s\S]*ready\n/);
    const from = talk.text.length;
    await talk.ask('q');
    expect(await talk.until(/I \(\d+\) main_task: .*/, from)).to.include('Returned from app_main()');
  });

  it('leaves flash as it was, but for the app slot that the first boot records', async () => {
    const path = join(folder, 'kept.bin');
    saveFlash(flashOf(probe), path);
    const sectorsAfterBoot = async () => {
      const { board, talk } = await start({ flashFile: path });
      await board.close();
      const offsets = [...loadFlash(path).writtenSectors()].map(({ offset }) => offset);
      return { offsets, recorded: talk.text.includes('boot: Set actual ota_seq=1 in otadata[0]') };
    };
    const flashed = [...flashOf(probe).writtenSectors()].map(({ offset }) => offset);
    const offsets = [...flashed, 0xd000].sort((a, b) => a - b);
    expect(await sectorsAfterBoot()).to.deep.equal({ offsets, recorded: true });
    expect(await sectorsAfterBoot()).to.deep.equal({ offsets, recorded: false });
  });
});
