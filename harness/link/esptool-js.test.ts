import { expect } from 'chai';
import { ESPLoader, Transport } from 'esptool-js';
import { md5Of } from '../board/flash-parts.js';
import { WebSerialAdapter } from '../board/web-serial-adapter.js';
import { seededRandom } from '../virtual/flash-power-loss.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { type OpenLink, openLink } from './link.js';
import { plugIn } from './virtual-ports.js';

class QuietTransport extends Transport {
  override trace(): void {}
}

interface Way {
  readonly useStub: boolean;
  readonly baudRate: number;
}

/** A region that does not begin at a block, and bytes that deflate badly. */
const offset = 0x1f000;
const random = seededRandom(3);
const data = Uint8Array.from({ length: 70_000 }, () => random() * 256);
const blank = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(255);

/** The steps of a flasher's user, by a flasher that others wrote: connect, write, verify, read back, erase. */
describe('esptool-js on a virtual board', function () {
  this.timeout(60_000);
  let board: VirtualBoard;
  let unplug: () => void;
  let link: OpenLink;

  beforeEach(async () => {
    board = createVirtualBoard({ name: 'flasher', mac: '24:6f:28:00:00:0a' });
    unplug = plugIn(board);
    link = await openLink('virtual:flasher', { baudRate: 115_200 });
  });
  afterEach(async () => {
    await link.close();
    unplug();
    await board.close();
  });

  async function connected({ useStub, baudRate }: Way): Promise<ESPLoader> {
    const transport = new QuietTransport(new WebSerialAdapter(link.stream) as never);
    const terminal = { clean: () => {}, write: () => {}, writeLine: () => {} };
    const loader = new ESPLoader({ transport, baudrate: baudRate, romBaudrate: 115_200, terminal });
    await loader.connect();
    if (useStub) await loader.runStub();
    if (baudRate !== 115_200) await loader.changeBaud();
    expect(loader.IS_STUB).to.equal(useStub);
    if (!useStub) {
      loader.FLASH_WRITE_SIZE = 0x400;
      await loader.checkCommand('attach', 0x0d, new Uint8Array(8));
    }
    return loader;
  }

  async function write(loader: ESPLoader, compress: boolean): Promise<void> {
    const keep = { flashMode: 'keep', flashFreq: 'keep', flashSize: 'keep' } as const;
    await loader.writeFlash({ fileArray: [{ address: offset, data }], ...keep, eraseAll: false, compress });
  }

  /** As the ROM gives it: 64 bytes at a time, in front of the four status bytes. */
  async function readSlowly(loader: ESPLoader, from: number, bytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let at = from; at < from + bytes; at += 64) {
      const words = new Uint8Array(Uint32Array.of(at, 64).buffer);
      const [, answer] = await loader.command(0x0e, words);
      expect([...answer.subarray(64)], 'status').to.deep.equal([0, 0, 0, 0]);
      parts.push(answer.subarray(0, 64));
    }
    return new Uint8Array(Buffer.concat(parts));
  }

  for (const baudRate of [115_200, 921_600]) {
    it(`writes, verifies, reads back and erases by the stub at ${baudRate} baud`, async () => {
      const loader = await connected({ useStub: true, baudRate });
      for (const compress of [true, false]) {
        await write(loader, compress);
        expect(await loader.flashMd5sum(offset, data.length)).to.equal(md5Of(data));
        expect(md5Of(await loader.readFlash(offset, data.length))).to.equal(md5Of(data));
        await loader.checkCommand(
          'erase a region',
          0xd1,
          new Uint8Array(Uint32Array.of(offset, 0x2000).buffer),
        );
        expect(await loader.readFlash(offset, 0x2000)).to.deep.equal(blank(0x2000));
        expect(await loader.flashMd5sum(offset + 0x2000, 100)).to.equal(md5Of(data.subarray(0x2000, 0x2064)));
        await loader.eraseFlash();
        expect(await loader.flashMd5sum(offset, data.length)).to.equal(md5Of(blank(data.length)));
      }
    });

    it(`writes, verifies, reads back and erases by the ROM at ${baudRate} baud`, async () => {
      const loader = await connected({ useStub: false, baudRate });
      for (const compress of [true, false]) {
        await write(loader, compress);
        // The ROM's 32 hex digits, which esptool-js turns into hex once more.
        const md5 = Buffer.from(await loader.flashMd5sum(offset, data.length), 'hex').toString('latin1');
        expect(md5).to.equal(md5Of(data));
        expect(await readSlowly(loader, offset, 0x1000)).to.deep.equal(data.slice(0, 0x1000));
        await loader.flashBegin(0x1000, offset);
        expect(await readSlowly(loader, offset, 0x1000)).to.deep.equal(blank(0x1000));
        expect(await readSlowly(loader, offset + 0x1000, 64)).to.deep.equal(data.slice(0x1000, 0x1040));
        await loader.flashBegin(4 << 20, 0);
        expect(await readSlowly(loader, offset + 0x1000, 64)).to.deep.equal(blank(64));
      }
    });
  }

  it('finds no security information on an ESP32, and goes on', async () => {
    const loader = await connected({ useStub: false, baudRate: 115_200 });
    const refused = await loader.command(0x14).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(refused)).to.match(/unsupported/i);
    expect(loader.chip.CHIP_NAME).to.equal('ESP32');
    expect(await loader.readReg(0x40001000)).to.equal(0x00f01d83);
  });

  it('takes the time on the board that flash chip and wire need, and the stub hides one behind the other', async () => {
    const loader = await connected({ useStub: true, baudRate: 921_600 });
    const startUs = board.counters().timeUs;
    await write(loader, false);
    await loader.flashMd5sum(offset, 4); // the last block is acknowledged before it is written
    const tookUs = board.counters().timeUs - startUs;
    const wireUs = (5 * 0x4000 * 10e6) / 921_600;
    const chipUs = 274 * 400 + 150_000 + 2 * 45_000;
    expect(tookUs).to.be.within(Math.max(wireUs, chipUs), 0.9 * (wireUs + chipUs));
  });
});
