import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import { esp32Cam } from '../chip-identity.js';
import { FlashChip } from '../flash-chip.js';
import { standardFlashTimes } from '../flash-times.js';
import { RomLoader } from './loader.js';
import { type LoaderEnd, op, payloadChecksum } from './protocol.js';
import { SlipDecoder, slipEncode } from './slip.js';

/** A host that speaks to a loader and keeps what it says. */
class Host {
  readonly flash = new FlashChip();
  readonly rates: number[] = [];
  timeUs = 0;
  state: 'continue' | LoaderEnd = 'continue';
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

  constructor() {
    this.flash.powerBy({
      run: (operation, perform) => {
        perform(1);
        this.timeUs += operation.durationUs;
      },
    });
  }

  /** A packet that is no command. */
  tell(packet: Uint8Array): string[] {
    this.state = this.#loader.receive(slipEncode(packet));
    return this.#packets.splice(0).map((answer) => Buffer.from(answer).toString('hex'));
  }

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

  /** Puts a program into RAM. */
  load(program: Uint8Array): void {
    this.ask(op.memBegin, words(program.length, 1, 0x1800, 0x40090000));
    this.send(op.memData, 0, program);
  }

  startStub(): string[] {
    this.load(Buffer.from('\0\0\0\0OHAI'));
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
    const unknown = Array(8).fill('010004000000000001050000');
    expect(new Host().ask(op.getSecurityInfo, new Uint8Array(0))).to.deep.equal(unknown);
    expect(new Host().ask(op.eraseFlash, new Uint8Array(0))).to.deep.equal(unknown);
  });

  it('holds its crystal in the UART divider, at whatever rate', () => {
    const host = new Host();
    expect(host.ask(op.readReg, words(0x3ff40014))[0]!.slice(8, 16)).to.equal('5b013000'); // 347 3/16
    host.ask(op.changeBaudrate, words(921600, 0));
    expect(host.ask(op.readReg, words(0x3ff40014))[0]!.slice(8, 16)).to.equal('2b00a000'); // 43 10/16
  });

  it('takes its crystal for another one, and is exact when it is asked for a rate that makes up for it', () => {
    const host = new Host();
    const word = (at: number): number =>
      Buffer.from(host.ask(op.readReg, words(at))[0]!, 'hex').readUInt32LE(4);
    // As esptool does: the count of RTCCALICFG1, and the oscillator's frequency from eFuse word 4.
    const romHz = ((word(0x3ff5f06c) >>> 7) * 15_625 * (word(0x3ff5a010) & 0xff)) / 40;
    expect(romHz / 40e6).to.be.within(1.003, 1.007);
    host.ask(op.changeBaudrate, words(921_600, 0));
    host.ask(op.changeBaudrate, words(Math.floor((921_600 * romHz) / 40e6), 0));
    expect(host.rates[0]! / 921_600).to.be.within(0.993, 0.997);
    expect(host.rates[1]).to.equal(921_600);
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
    const { sectorEraseUs, pageProgramUs } = standardFlashTimes();
    expect(host.timeUs).to.be.above(sectorEraseUs + 4 * pageProgramUs);
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
    expect(host.state).to.equal('run');
    host.ask(op.flashEnd, words(0));
    expect(host.state, 'with a reset, which keeps the strapping pins').to.equal('reset');
  });

  it('lets a host begin a download of nothing without flash pins, on its way to FLASH_END', () => {
    const answers = new Host().ask(op.flashBegin, words(0, 0, 0x400, 0, 0));
    expect(answers).to.deep.equal(['010204000000000000000000']);
  });

  it('reads flash 64 bytes at a time', () => {
    const host = new Host();
    host.attach();
    host.flash.program(0x1000, payload);
    const [answer] = host.ask(op.readFlashSlow, words(0x1000, 3));
    expect(answer).to.equal(`010e440000000000000d1a${'00'.repeat(61)}00000000`);
    expect(host.ask(op.readFlashSlow, words(0x1000, 65))[0]).to.match(/010a0000$/);
  });

  it('shows in memory what was loaded into RAM, and off it goes into a program that is no stub', () => {
    const host = new Host();
    host.load(words(0xdeadbeef, 7));
    expect(host.ask(op.readReg, words(0x40090000))).to.deep.equal(['010a0400efbeadde00000000']);
    host.ask(op.memEnd, words(1, 0));
    expect(host.state).to.equal('continue');
    host.ask(op.memEnd, words(0, 0x40090004));
    expect(host.state).to.equal('foreign');
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
    host.ask(op.flashBegin, words(0, 0, 0x4000, 0));
    host.ask(op.flashEnd, words(0));
    expect(host.state).to.equal('reset');
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
    expect(host.ask(op.eraseRegion, words(0x2001, 0x1000))).to.deep.equal(['01d10200000000000100']);
    host.ask(op.eraseFlash, new Uint8Array(0));
    expect([...host.flash.writtenSectors()]).to.deep.equal([]);
  });

  it('says "not implemented" to what it does not know, and nothing to RUN_USER_CODE', () => {
    const host = new Host();
    host.startStub();
    expect(host.ask(op.getSecurityInfo, new Uint8Array(0))).to.deep.equal(['0114020000000000ff00']);
    expect(host.ask(op.runUserCode, new Uint8Array(0))).to.deep.equal([]);
    expect(host.state).to.equal('run');
  });

  it('reads flash in packets, waits for acknowledgements, and ends with the MD5', () => {
    const host = new Host();
    host.startStub();
    const data = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 0xff);
    host.flash.program(0x1000, data);
    const first = host.ask(op.readFlash, words(0x1000, data.length, 0x1000, 5000));
    expect(first[0]).to.equal('01d20200000000000000');
    const packets = first.slice(1);
    expect(
      packets.map((packet) => packet.length / 2),
      'the window of 5000 bytes lets a second begin',
    ).to.deep.equal([4096, 4096]);
    packets.push(...host.tell(words(4096)));
    expect(packets.length).to.equal(3);
    expect(host.tell(words(8192))).to.deep.equal([]);
    expect(Buffer.from(packets.join(''), 'hex')).to.deep.equal(Buffer.from(data));
    expect(host.tell(words(10_000))).to.deep.equal([md5(data).toString('hex')]);
    expect(host.ask(op.sync, new Uint8Array(36)), 'commands are heard again').to.have.length(8);
  });

  it('ends a read early, with the MD5 of what it sent, when it is told something else than a count', () => {
    const host = new Host();
    host.startStub();
    host.ask(op.readFlash, words(0, 8192, 64, 64));
    expect(host.tell(Uint8Array.of(1))).to.deep.equal([md5(new Uint8Array(64).fill(255)).toString('hex')]);
  });

  it('erases a region by blocks only while more than one is left, as the stub does', () => {
    const host = new Host();
    host.startStub();
    const { sectorEraseUs, blockEraseUs } = standardFlashTimes();
    const timeOf = (...args: number[]): number => {
      const before = host.timeUs;
      host.ask(op.eraseRegion, words(...args));
      return host.timeUs - before;
    };
    expect(timeOf(0x10000, 0x10000)).to.equal(16 * sectorEraseUs);
    expect(timeOf(0xf000, 0x21000)).to.equal(17 * sectorEraseUs + blockEraseUs);
  });

  it('starts again when another stub is loaded into it', () => {
    const host = new Host();
    host.startStub();
    expect(host.startStub().at(-1)).to.equal(Buffer.from('OHAI').toString('hex'));
  });
});
