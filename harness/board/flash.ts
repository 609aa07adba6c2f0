import { createHash } from 'node:crypto';
import type { SerialPortStream } from '@serialport/stream';
import { ESPError } from 'esptool-js';
import { ConfigError, InfraError } from '../errors.js';
import type { Build, BuildFile } from '../image/build-folder.js';
import type { FlashedChip, FlashedRegion, FlashProgress, FlashResult } from './flash-result.js';
import { FlashSession, romBaudRate } from './flash-session.js';
import { holdReset, releaseReset } from './reset-lines.js';
import { hostTimers, type Timers } from './timers.js';
import { updateBaudRate } from './web-serial-adapter.js';

export interface FlashOptions {
  /** Rate to write at; 921600 by default. When the link does not stand it, 115200 is used. */
  readonly baudRate?: number;
  /** Only this board may be flashed: six lower-case hex pairs. */
  readonly expectedMac?: string;
  /** Send deflated; default true. */
  readonly compress?: boolean;
  /** Load Espressif's flasher stub, which is faster; default true. */
  readonly useStub?: boolean;
  readonly onProgress?: (progress: FlashProgress) => void;
  /** What esptool-js has to say, for a log file. */
  readonly onLog?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** For all of it; default 5 minutes, a 4 MB image at 115200 baud included. */
  readonly timeoutMs?: number;
  readonly timers?: Timers;
}

/**
 * Flashes a build over an open port, verifies every region by MD5, and resets the board into the app. Chip and MAC are
 * read first: with the wrong one nothing is written. Regions that the flash holds already are left alone. The port stays
 * open at the rate it came with, both lines released, whatever happens.
 * @throws InfraError `no-loader`, `wrong-chip`, `wrong-board`, `no-flash-chip`, `flash-failed`, `flash-verify`,
 * `flash-link-lost`, `flash-timeout`, `flash-aborted`; ConfigError `flash-too-small` when the build is larger than the flash chip.
 */
export async function flashBuild(
  port: SerialPortStream,
  build: Build,
  options: FlashOptions = {},
): Promise<FlashResult> {
  const { timers = hostTimers, baudRate = 921_600, useStub = true, compress = true } = options;
  const startUs = timers.nowUs();
  const ownBaudRate = port.baudRate;
  const session = new FlashSession(port, { baudRate, useStub, compress, onLog: options.onLog ?? (() => {}) });
  const job: FlashJob = { port, build, options, session, phase: 'connecting' };
  const leave = async (): Promise<void> => {
    await session.close();
    await leaveLoader(port, ownBaudRate, timers);
  };
  try {
    const flashed = await limited(job, run(job));
    job.phase = 'resetting into the app';
    await leave();
    return { ...flashed, baudRate: session.baudRate, elapsedMs: (timers.nowUs() - startUs) / 1000 };
  } catch (error) {
    await leave().catch(() => {}); // the first error says more than a port that does not obey afterwards
    throw asInfraError(job, error);
  }
}

interface FlashJob {
  readonly port: SerialPortStream;
  readonly build: Build;
  readonly options: FlashOptions;
  readonly session: FlashSession;
  /** What is being done, for error messages. */
  phase: string;
}

type Flashed = Omit<FlashResult, 'baudRate' | 'elapsedMs'>;

async function run(job: FlashJob): Promise<Flashed> {
  const chip = await identify(job);
  job.phase = 'preparing the flash chip';
  const flashBytes = checkFlashSize(job, await job.session.prepare());
  return writeRegions(job, { ...chip, flashBytes });
}

async function identify(job: FlashJob): Promise<Omit<FlashedChip, 'flashBytes'>> {
  const { port, build, options, session } = job;
  const chip = await session.connect();
  if (chip !== 'ESP32' || build.chip !== 'esp32') {
    const message = `${port.path}: the build is for ${build.chip}, the board has an ${chip}, and only ESP32 is supported; nothing was flashed`;
    throw new InfraError('wrong-chip', message, { chip });
  }
  const { mac, revision } = await session.identify();
  if (options.expectedMac !== undefined && mac !== options.expectedMac) {
    const message = `${port.path}: expected board ${options.expectedMac}, found ${mac}; nothing was flashed, check rack.yaml and the cables`;
    throw new InfraError('wrong-board', message, { mac, expectedMac: options.expectedMac });
  }
  return { mac, chip, revision };
}

function checkFlashSize({ port, build }: FlashJob, flashBytes: number | undefined): number {
  if (flashBytes === undefined) {
    const message = `${port.path}: the flash chip does not answer; check power (feed 5 V) and what is wired to the flash pins`;
    throw new InfraError('no-flash-chip', message);
  }
  const neededBytes = Math.max(...build.files.map(({ offset, bytes }) => offset + bytes.length));
  if (neededBytes <= flashBytes) return flashBytes;
  const message = `build ${build.id} needs ${neededBytes} bytes of flash, the board at ${port.path} has ${flashBytes}`;
  throw new ConfigError('flash-too-small', message, { neededBytes, flashBytes });
}

async function writeRegions(job: FlashJob, chip: FlashedChip): Promise<Flashed> {
  const { files } = job.build;
  const totalBytes = sum(files.map(({ bytes }) => bytes.length));
  const regions: FlashedRegion[] = [];
  let doneBytes = 0;
  for (const file of files) {
    const size = file.bytes.length;
    const report = (fraction: number): void => {
      const soFar = doneBytes + Math.round(fraction * size);
      job.options.onProgress?.({ offset: file.offset, doneBytes: soFar, totalBytes });
    };
    const skipped = await writeRegion(job, file, report);
    doneBytes += size;
    regions.push({ offset: file.offset, bytes: size, skipped });
  }
  const bytesOf = (skipped: boolean): number =>
    sum(regions.filter((region) => region.skipped === skipped).map(({ bytes }) => bytes));
  return { ...chip, regions, writtenBytes: bytesOf(false), skippedBytes: bytesOf(true) };
}

/** Whether it could be skipped. */
async function writeRegion(
  job: FlashJob,
  file: BuildFile,
  report: (fraction: number) => void,
): Promise<boolean> {
  const { session, port } = job;
  const { offset, bytes } = file;
  const where = `0x${offset.toString(16)}`;
  const expected = createHash('md5').update(bytes).digest('hex');
  job.phase = `reading ${where}`;
  const skipped = (await session.md5(offset, bytes.length)) === expected;
  if (!skipped) {
    job.phase = `writing ${where}`;
    await session.write(file, report);
    job.phase = `verifying ${where}`;
    const found = await session.md5(offset, bytes.length);
    if (found !== expected) {
      const message = `${port.path}: flash at ${where} does not hold what was written (MD5 ${found}, not ${expected}); try a lower baud rate, a shorter cable, or another board`;
      throw new InfraError('flash-verify', message, { offset, expected, found });
    }
  }
  report(1);
  return skipped;
}

/** Rejects at the time limit or the caller's signal, and then cuts the session off from the port. */
async function limited<T>(job: FlashJob, work: Promise<T>): Promise<T> {
  const { port, options, session } = job;
  const { timeoutMs = 300_000, signal, timers = hostTimers } = options;
  let stop = (_error: InfraError): void => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (error) => {
      session.abandon(error);
      reject(error);
    };
  });
  const onAbort = (): void => {
    stop(new InfraError('flash-aborted', `${port.path}: flashing was aborted while ${job.phase}`));
  };
  const cancelTimer = timers.after(timeoutMs, () => {
    const message = `${port.path}: flashing took longer than ${timeoutMs} ms, while ${job.phase}; raise the limit or the baud rate`;
    stop(new InfraError('flash-timeout', message, { timeoutMs }));
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  work.catch(() => {}); // after a stop, what esptool-js still throws says nothing new
  try {
    return await Promise.race([work, stopped]);
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Through reset, so that nothing is said at the wrong rate; a port that is gone is left alone. */
async function leaveLoader(port: SerialPortStream, baudRate: number, timers: Timers): Promise<void> {
  if (!port.isOpen) return;
  await holdReset(port, timers);
  await updateBaudRate(port, baudRate);
  await releaseReset(port);
}

function asInfraError({ port, phase, session }: FlashJob, error: unknown): unknown {
  const cause = session.rootOf(error);
  const fromOutside = cause instanceof ESPError || (cause instanceof Error && cause.constructor === Error);
  if (!fromOutside) return cause; // ours already, or a bug
  if (!port.isOpen) {
    const message = `${port.path}: the port was lost while ${phase}; check the cable, and flash again: the app may be incomplete`;
    return new InfraError('flash-link-lost', message, { phase, cause });
  }
  if (phase === 'connecting') {
    const message = `${port.path}: no loader answered at ${romBaudRate} baud (${cause.message}); check cable and power, and that RTS drives EN and DTR drives IO0, or hold IO0 low while you reset the board`;
    return new InfraError('no-loader', message, { cause });
  }
  const message = `${port.path}: flashing failed while ${phase}: ${cause.message}; try a lower baud rate or a shorter cable`;
  return new InfraError('flash-failed', message, { phase, cause });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
