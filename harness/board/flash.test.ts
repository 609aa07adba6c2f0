import { createHash } from 'node:crypto';
import { SerialPortStream } from '@serialport/stream';
import { expect } from 'chai';
import { ConfigError, InfraError } from '../errors.js';
import { writeImage } from '../image/app-image.js';
import { virtualImageHeader } from '../image/virtual-app.js';
import { esp32Cam } from '../virtual/chip-identity.js';
import { FlashChip } from '../virtual/flash-chip.js';
import { RomLoader } from '../virtual/loader/loader.js';
import { type FlashOptions, flashBuild } from './flash.js';
import type { Flashable } from './flash-job.js';
import type { FlashProgress } from './flash-result.js';

/** The types of @serialport/bindings-interface, by way of the stream: its own declarations are not made for ESM. */
type Binding = SerialPortStream['settings']['binding'];
type BindingPort = NonNullable<SerialPortStream['port']>;
type OpenOptions = BindingPort['openOptions'];
type SetOptions = Parameters<SerialPortStream['set']>[0];

const mac = '24:6f:28:00:00:01';

/** A chip behind an adapter: RTS holds EN low, DTR holds IO0 low; garbles what comes at another rate than its own. */
class LoaderBoard implements BindingPort {
  readonly openOptions: OpenOptions;
  readonly flash = new FlashChip();
  isOpen = true;
  /** False: nothing is connected. */
  present = true;
  /** What the link stands. */
  maxBaudRate = 2_000_000;
  lines = { dtr: false, rts: false };
  hostBaudRate: number;
  appStarts = 0;
  resets = 0;
  #chipBaudRate = 115_200;
  #loader: RomLoader | undefined;
  readonly #toHost: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  constructor(options: OpenOptions) {
    this.openOptions = options;
    this.hostBaudRate = options.baudRate;
  }

  async set(options: SetOptions): Promise<void> {
    const before = this.lines;
    this.lines = { dtr: options.dtr ?? true, rts: options.rts ?? true };
    const released = before.rts && !before.dtr && !(this.lines.rts && !this.lines.dtr);
    if (released && this.present) this.#reset();
  }

  #reset(): void {
    this.resets++;
    this.#chipBaudRate = 115_200;
    this.#loader = undefined;
    if (!this.lines.dtr) {
      this.appStarts++;
      this.#send(Buffer.from('app runs\r\n'));
      return;
    }
    this.#loader = new RomLoader({
      flash: this.flash,
      chip: esp32Cam(mac),
      send: (bytes) => this.#send(bytes),
      setBaud: (rate) => {
        this.#chipBaudRate = rate;
      },
      advanceUs: () => {},
    });
    this.#send(Buffer.from('boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n'));
  }

  async write(buffer: Buffer): Promise<void> {
    this.#loader?.receive(this.#garbled(new Uint8Array(buffer)));
  }

  #send(bytes: Uint8Array): void {
    this.#toHost.push(this.#garbled(bytes.slice()));
    this.#wake?.();
  }

  #garbled(bytes: Uint8Array): Uint8Array {
    const near = Math.abs(this.#chipBaudRate / this.hostBaudRate - 1) < 0.03;
    const clean = near && this.hostBaudRate <= this.maxBaudRate;
    return clean ? bytes : bytes.map(() => 0x55);
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    while (this.#toHost.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (!this.isOpen) throw Object.assign(new Error('closed'), { canceled: true });
    }
    const next = this.#toHost.shift()!;
    const bytesRead = Math.min(length, next.length);
    buffer.set(next.subarray(0, bytesRead), offset);
    if (bytesRead < next.length) this.#toHost.unshift(next.subarray(bytesRead));
    return { buffer, bytesRead };
  }

  async update({ baudRate }: { baudRate: number }): Promise<void> {
    this.hostBaudRate = baudRate;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#wake?.();
  }

  async get(): Promise<{ cts: boolean; dsr: boolean; dcd: boolean }> {
    return { cts: false, dsr: false, dcd: false };
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    return { baudRate: this.hostBaudRate };
  }

  async flush(): Promise<void> {}
  async drain(): Promise<void> {}
}

async function openBoard(): Promise<{ port: SerialPortStream; board: LoaderBoard }> {
  const boards: LoaderBoard[] = [];
  const binding: Binding = {
    list: async () => [],
    open: async (options) => {
      boards.push(new LoaderBoard(options as OpenOptions));
      return boards[0]!;
    },
  };
  const port = await new Promise<SerialPortStream>((resolve, reject) => {
    const opened: SerialPortStream = new SerialPortStream(
      { binding, path: 'test', baudRate: 115_200 },
      (error) => (error ? reject(error) : resolve(opened)),
    );
  });
  return { port, board: boards[0]! };
}

function pattern(bytes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => ((i * seed) >> 4) & 0xff);
}

const files = [
  { offset: 0x1000, path: 'bootloader.bin', bytes: pattern(2000, 7) },
  { offset: 0x8000, path: 'partition-table.bin', bytes: pattern(0xc00, 3) },
  { offset: 0x10000, path: 'app.bin', bytes: pattern(70_001, 11) },
];
const build: Flashable = { id: 'test', chip: 'esp32', files };

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

function expectFlashed(board: LoaderBoard): void {
  for (const { offset, bytes } of files) {
    expect(md5(board.flash.read(offset, bytes.length)), `0x${offset.toString(16)}`).to.equal(md5(bytes));
  }
}

async function failureOf(
  port: SerialPortStream,
  options: FlashOptions,
  other: Flashable = build,
): Promise<Error> {
  try {
    await flashBuild(port, other, options);
  } catch (error) {
    return error as Error;
  }
  throw new Error('flashing succeeded');
}

describe('flashing', function () {
  this.timeout(10_000);
  let port: SerialPortStream;
  let board: LoaderBoard;
  let said = '';
  const consoleLog = console.log;

  beforeEach(async () => {
    ({ port, board } = await openBoard());
    said = '';
    console.log = (...parts: unknown[]) => {
      said += parts.join(' ');
    };
  });
  afterEach(() => {
    console.log = consoleLog;
    if (port.isOpen) port.close();
  });

  it('writes and verifies a build by the stub, says who the board is, and starts the app', async () => {
    const progress: FlashProgress[] = [];
    const result = await flashBuild(port, build, { onProgress: (step) => progress.push(step) });
    expectFlashed(board);
    const { elapsedMs, wire, ...facts } = result;
    expect(facts).to.deep.equal({
      mac,
      chip: 'ESP32',
      revision: 301,
      flashBytes: 4 << 20,
      regions: files.map(({ offset, bytes }) => ({
        offset,
        bytes: bytes.length,
        skipped: false,
        writtenBytes: bytes.length,
      })),
      writtenBytes: 75_073,
      skippedBytes: 0,
      baudRate: 921_600,
      retries: 0,
    });
    expect(wire).to.include({ payloadBytes: 75_073, limitBytesPerSecond: 92_160 });
    expect(wire?.sentBytes, 'deflated').to.be.within(10, 75_073);
    expect(elapsedMs).to.be.above(0);
    expect(progress.at(-1)).to.deep.equal({ offset: 0x10000, doneBytes: 75_073, totalBytes: 75_073 });
    expect(board).to.deep.include({ appStarts: 1, hostBaudRate: 115_200, lines: { dtr: false, rts: false } });
    expect(said, 'on standard output').to.equal('');
    const next = await new Promise<Buffer>((resolve) => {
      port.once('data', resolve);
      port.resume();
    });
    expect(next.toString(), 'left to who reads next').to.equal('app runs\r\n');
  });

  it('writes by the ROM alone, plain and without a change of rate', async () => {
    const options = { useStub: false, compress: false, baudRate: 115_200 };
    const result = await flashBuild(port, build, options);
    expectFlashed(board);
    expect(result.writtenBytes).to.equal(75_073);
  });

  it('writes by the ROM deflated, at a higher rate', async () => {
    expect((await flashBuild(port, build, { useStub: false, baudRate: 460_800 })).baudRate).to.equal(460_800);
    expectFlashed(board);
  });

  it('leaves alone what the flash holds already', async () => {
    for (const { offset, bytes } of files) board.flash.program(offset, bytes);
    board.flash.program(0x8000 + 100, new Uint8Array(1)); // one byte differs
    const result = await flashBuild(port, build);
    expect(result.regions.map(({ skipped }) => skipped)).to.deep.equal([true, false, true]);
    expect(result.skippedBytes).to.equal(72_001);
    expectFlashed(board);
  });

  it('flashes nothing into another board than the expected one', async () => {
    const error = await failureOf(port, { expectedMac: '24:6f:28:00:00:02' });
    expect(error).to.be.instanceOf(InfraError).with.property('code', 'wrong-board');
    expect(error.message).to.equal(
      'test: expected board 24:6f:28:00:00:02, found 24:6f:28:00:00:01; nothing was flashed, check rack.yaml and the cables',
    );
    expect([...board.flash.writtenSectors()]).to.deep.equal([]);
    expect(board.appStarts, 'the app was started again').to.equal(1);
  });

  it('flashes nothing when the build is for another chip, or larger than the flash', async () => {
    const other = await failureOf(port, {}, { ...build, chip: 'esp32s3' });
    expect(other).to.be.instanceOf(InfraError).with.property('code', 'wrong-chip');
    const large = { ...build, files: [{ offset: (4 << 20) - 4, path: 'x', bytes: new Uint8Array(8) }] };
    expect(await failureOf(port, {}, large)).to.be.instanceOf(ConfigError);
    expect([...board.flash.writtenSectors()]).to.deep.equal([]);
  });

  it('goes down with the rate by steps when the link does not stand it, and says so', async () => {
    board.maxBaudRate = 230_400;
    const retries: number[] = [];
    const result = await flashBuild(port, build, { onRetry: ({ baudRate }) => retries.push(baudRate) });
    expect(result).to.include({ baudRate: 230_400, retries: 2 });
    expect(retries).to.deep.equal([460_800, 230_400]);
    expectFlashed(board);
  });

  it('sends only the parts that are missing, of 64 KB each', async () => {
    for (const { offset, bytes } of files) board.flash.program(offset, bytes);
    board.flash.erase(0x20000, 0x1000); // the app's second part: 70,001 - 65,536 bytes
    const result = await flashBuild(port, build);
    expect(result.regions.map(({ writtenBytes }) => writtenBytes)).to.deep.equal([0, 0, 4465]);
    expect(result).to.include({ writtenBytes: 4465, skippedBytes: 75_073 - 4465 });
    expectFlashed(board);
  });

  for (const useStub of [true, false]) {
    it(`erases the whole chip first when asked to, ${useStub ? 'by the stub' : 'by the ROM'}`, async () => {
      board.flash.program(0x300000, new Uint8Array(5));
      await flashBuild(port, build, { eraseAll: true, useStub });
      expect(board.flash.read(0x300000, 5)).to.deep.equal(new Uint8Array(5).fill(255));
      expectFlashed(board);
    });
  }

  it('flashes nothing when an image needs a newer chip', async () => {
    const image = writeImage({ ...virtualImageHeader, minRevision: 302 }, []);
    const newer = { ...build, files: [{ offset: 0x10000, path: 'x', bytes: image }] };
    const error = await failureOf(port, {}, newer);
    expect(error).to.be.instanceOf(InfraError).with.property('code', 'wrong-revision');
    expect(error.message).to.match(/ needs chip revision v3.2, the board has v3.1; nothing was flashed/);
    expect([...board.flash.writtenSectors()]).to.deep.equal([]);
  });

  it('finds by the MD5 that the flash does not hold what was written', async () => {
    const program = board.flash.program.bind(board.flash);
    board.flash.program = (offset, bytes) =>
      program(
        offset,
        bytes.map((byte, i) => (i === 5 ? byte & 0xfe : byte)),
      );
    const bad = { ...build, files: [{ offset: 0x10000, path: 'x', bytes: new Uint8Array(4096).fill(0xff) }] };
    board.flash.program(0x10000, Uint8Array.of(0)); // else the blank region is skipped
    const error = await failureOf(port, { baudRate: 115_200 }, bad);
    expect(error).to.be.instanceOf(InfraError).with.property('code', 'flash-verify');
    expect(board.resets, 'three attempts, and one reset into the app').to.equal(4);
    expect(error.message).to.match(/^test: flash at 0x10000 does not hold what was written \(MD5 /);
  });

  it('stops at the time limit, and releases the board', async () => {
    board.present = false;
    const error = await failureOf(port, { timeoutMs: 400 });
    expect(error).to.be.instanceOf(InfraError).with.property('code', 'flash-timeout');
    expect(board.lines).to.deep.equal({ dtr: false, rts: false });
  });

  it('stops when the caller aborts', async () => {
    const abort = new AbortController();
    const onProgress = (): void => abort.abort();
    const error = await failureOf(port, { signal: abort.signal, onProgress });
    expect(error).to.include({ code: 'flash-aborted', failureClass: 'inconclusive' });
    expect(error.message).to.match(/^test: flashing was aborted while writing 0x1000/);
    expect(board.appStarts).to.equal(1);
  });

  it('says that the port was lost when it was', async () => {
    const onProgress = (): void => {
      if (port.isOpen) port.close();
    };
    const error = await failureOf(port, { onProgress });
    expect(error).to.be.instanceOf(InfraError).with.property('code', 'flash-link-lost');
    expect(error.message).to.match(/^test: the port was lost while writing 0x1000; /);
  });
});
