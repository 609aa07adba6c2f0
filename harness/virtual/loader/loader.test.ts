import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import { esp32Cam } from '../chip-identity.js';
import { FlashChip, flashTimesUs } from '../flash-chip.js';
import { RomLoader } from './loader.js';
import { op, payloadChecksum } from './protocol.js';
import { SlipDecoder, slipEncode } from './slip.js';

/** A host that speaks to a loader and keeps what it says. */
class Host {
  readonly flash = new FlashChip();
  readonly rates: number[] = [];
  timeUs = 0;
  state: 'continue' | 'reboot' = 'continue';
  readonly #slip = new SlipDecoder(0x5000);
  readonly #packets: Uint8Array[] = [];
  readonly #loader = new RomLoader({
    flash: this.flash,
    chip: esp32Cam('24:6f:28:00:00:01'),
    send: (bytes) => this.#packets.push(...this.#slip.push(bytes)),
    setBaud: (rate) => this.rates.push(rate),
    advanceUs: (us) => {
      this.timeUs += us;
    },
  });

  /** The answers to one command, as hex. */
  ask(opcode: number, data: Uint8Array, checksum = 0): string[] {
    const packet = Buffer.concat([Buffer.from([0, opcode]), words16(data.length), words(checksum), data]);
    this.state = this.#loader.receive(slipEncode(packet));
    return this.#packets.splice(0).map((answer) => Buffer.from(answer).toString('hex'));
  }

  /** A data command: length, sequence number, two zeros, payload, with its checksum. */
  send(opcode: number, sequence: number, payload: Uint8Array): string[] {
    const data = Buffer.concat([words(payload.length, sequence, 0, 0), payload]);
    return this.ask(opcode, data, payloadChecksum(payload));
  }

  attach(): void {
    this.ask(op.spiAttach, words(0, 0));
  }

  startStub(): string[] {
    this.ask(op.memBegin, words(4, 1, 0x1800, 0x40090000));
    this.send(op.memData, 0, words(0));
    return this.ask(op.memEnd, words(0, 0x40090000));
  }
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value >>> 0, i * 4);
  });
  return bytes;
}

function words16(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8]);
}

const payload = Uint8Array.from({ length: 1024 }, (_, i) => (i * 13) & 0xff);
const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest();

describe('ROM loader', () => {
  it('answers SYNC eight times with a value that is not 0', () => {
    const answers = new Host().ask(op.sync, new Uint8Array(36));
    expect(answers).to.deep.equal(Array(8).fill('010804000712205500000000'));
  });

  it('answers READ_REG of the chip magic as a real ESP32 does', () => {
    expect(new Host().ask(op.readReg, words(0x40001000))).to.deep.equal(['010a0400831df00000000000']);
  });

  it('answers a command it does not know under another number, with "invalid message"', () => {
    expect(new Host().ask(0x14, new Uint8Array(0))).to.deep.equal(['010004000000000001050000']);
    expect(new Host().ask(op.eraseFlash, new Uint8Array(0))).to.deep.equal(['010004000000000001050000']);
  });

  it('holds its crystal in the UART divider, at whatever rate', () => {
    const host = new Host();
    expect(host.ask(op.readReg, words(0x3ff40014))[0]!.slice(8, 16)).to.equal('5b013000'); // 347 3/16
    host.ask(op.changeBaudrate, words(921600, 0));
    expect(host.rates).to.deep.equal([921600]);
    expect(host.ask(op.readReg, words(0x3ff40014))[0]!.slice(8, 16)).to.equal('2b006000'); // 43 6/16
  });

  it('refuses flash commands before SPI_ATTACH', () => {
    const answers = new Host().ask(op.flashBegin, words(0x1000, 1, 0x400, 0x1000, 0));
    expect(answers).to.deep.equal(['010204000000000001060000']);
  });

  it('erases at BEGIN, writes and reads back, and gives the MD5 as text', () => {
    const host = new Host();
    host.attach();
    host.flash.program(0x1000, new Uint8Array(64));
    expect(host.ask(op.flashBegin, words(1024, 1, 0x400, 0x1000, 0))).to.deep.equal([
      '010204000000000000000000',
    ]);
    expect(host.send(op.flashData, 0, payload)).to.deep.equal(['010304000000000000000000']);
    expect(host.flash.read(0x1000, 1024)).to.deep.equal(payload);
    const [answer] = host.ask(op.spiFlashMd5, words(0x1000, 1024, 0, 0));
    expect(Buffer.from(answer!, 'hex').subarray(8, 40).toString()).to.equal(md5(payload).toString('hex'));
    expect(host.timeUs).to.be.above(flashTimesUs.sectorErase + 4 * flashTimesUs.pageProgram);
  });

  it('writes deflated data', () => {
    const host = new Host();
    host.attach();
    const plain = new Uint8Array(20_000).map((_, i) => (i * i) >> 6);
    const deflated = deflateSync(plain);
    const blocks = Math.ceil(deflated.length / 0x400);
    host.ask(op.flashDeflBegin, words(0x5000, blocks, 0x400, 0x10000));
    for (let i = 0; i < blocks; i++) {
      const block = deflated.subarray(i * 0x400, (i + 1) * 0x400);
      expect(host.send(op.flashDeflData, i, block)).to.deep.equal(['011104000000000000000000']);
    }
    expect(host.flash.read(0x10000, plain.length)).to.deep.equal(plain);
  });

  it('tells checksum, length, deflate and write errors by the ROM numbers', () => {
    const host = new Host();
    host.attach();
    const errorOf = (answers: string[]): string => answers[0]!.slice(16);
    host.ask(op.flashDeflBegin, words(0x1000, 1, 0x400, 0x1000));
    const data = Buffer.concat([words(4, 0, 0, 0), words(1)]);
    expect(errorOf(host.ask(op.flashDeflData, data, 0x55))).to.equal('01070000');
    expect(errorOf(host.ask(op.flashDeflData, Buffer.concat([data, words(1)]), 0x55))).to.equal('01050000');
    expect(errorOf(host.send(op.flashDeflData, 0, Uint8Array.of(1, 2, 3)))).to.equal('010b0000');
    host.ask(op.flashDeflBegin, words(0x1000, 1, 0x400, 0x1000));
    const wrongAdler = deflateSync(payload);
    wrongAdler[wrongAdler.length - 1] = wrongAdler.at(-1)! ^ 1;
    expect(errorOf(host.send(op.flashDeflData, 0, wrongAdler))).to.equal('010c0000');
    host.ask(op.flashBegin, words(0, 1, 0x400, 0x1000, 0)); // erases nothing
    host.flash.program(0x1000, new Uint8Array(1));
    expect(errorOf(host.send(op.flashData, 0, Uint8Array.of(255, 0, 0, 0)))).to.equal('01080000');
    expect(errorOf(host.ask(op.flashBegin, words(0x1000, 1, 0x400, 4 << 20, 0)))).to.equal('01010000');
    expect(errorOf(host.ask(op.memBegin, words(4, 1, 4, 0x3f400000)))).to.equal('010f0000');
  });

  it('leaves for the flashed program at FLASH_END', () => {
    const host = new Host();
    expect(host.ask(op.flashEnd, words(1))).to.deep.equal(['010404000000000000000000']);
    expect(host.state).to.equal('reboot');
  });
});

describe('flasher stub', () => {
  it('says OHAI when it was loaded and started, and answers SYNC with 0', () => {
    const host = new Host();
    expect(host.startStub()).to.deep.equal(['010604000000000000000000', Buffer.from('OHAI').toString('hex')]);
    expect(host.ask(op.sync, new Uint8Array(36))).to.deep.equal(Array(8).fill('01080200000000000000'));
  });

  it('is not started by a jump to where nothing was loaded', () => {
    const host = new Host();
    host.ask(op.memBegin, words(8, 1, 0x1800, 0x40090000));
    host.send(op.memData, 0, words(0)); // half of it
    expect(host.ask(op.memEnd, words(0, 0x40090000))).to.deep.equal(['0106040000000000010f0000']);
  });

  it('acknowledges a block first, then erases and writes it', () => {
    const host = new Host();
    host.startStub();
    host.flash.program(0x1000, new Uint8Array(64));
    host.ask(op.flashBegin, words(1000, 1, 0x4000, 0x1000));
    expect(host.flash.read(0x1000, 1)[0]).to.equal(0);
    expect(host.send(op.flashData, 0, payload)).to.deep.equal(['01030200000000000000']);
    expect(host.flash.read(0x1000, 1000)).to.deep.equal(payload.slice(0, 1000));
    expect(host.flash.read(0x1000 + 1000, 1)[0]).to.equal(0xff);
    expect(host.ask(op.flashEnd, words(1))).to.deep.equal(['01040200000000000000']);
    expect(host.state).to.equal('continue');
  });

  it('gives the MD5 as bytes', () => {
    const host = new Host();
    host.startStub();
    host.flash.program(0x1000, payload);
    const answers = host.ask(op.spiFlashMd5, words(0x1000, 1024, 0, 0));
    expect(answers).to.deep.equal([`0113120000000000${md5(payload).toString('hex')}0000`]);
  });

  it('tells of a broken deflate stream with the next command', () => {
    const host = new Host();
    host.startStub();
    host.ask(op.flashDeflBegin, words(1000, 2, 0x4000, 0x1000));
    expect(host.send(op.flashDeflData, 0, Uint8Array.of(1, 2, 3))).to.deep.equal(['01110200000000000000']);
    expect(host.send(op.flashDeflData, 1, Uint8Array.of(1))).to.deep.equal(['0111020000000000c700']);
  });

  it('erases regions of whole sectors, and the chip', () => {
    const host = new Host();
    host.startStub();
    host.flash.program(0x1000, new Uint8Array(0x3000));
    expect(host.ask(op.eraseRegion, words(0x2000, 0x1000))).to.deep.equal(['01d10200000000000000']);
    expect([0x1fff, 0x2000, 0x3000].map((at) => host.flash.read(at, 1)[0])).to.deep.equal([0, 255, 0]);
    expect(host.ask(op.eraseRegion, words(0x2001, 0x1000))).to.deep.equal(['01d1020000000000c000']);
    host.ask(op.eraseFlash, new Uint8Array(0));
    expect([...host.flash.writtenSectors()]).to.deep.equal([]);
  });

  it('says "not implemented" to what it does not know, and nothing to RUN_USER_CODE', () => {
    const host = new Host();
    host.startStub();
    expect(host.ask(0x14, new Uint8Array(0))).to.deep.equal(['0114020000000000ff00']);
    expect(host.ask(op.runUserCode, new Uint8Array(0))).to.deep.equal([]);
    expect(host.state).to.equal('reboot');
  });
});
