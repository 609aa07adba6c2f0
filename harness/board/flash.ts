import type { SerialPortStream } from '@serialport/stream';
import { ESPError } from 'esptool-js';
import { InfraError, TokenrackError } from '../errors.js';
import { checkFlashSize, identify } from './flash-identity.js';
import type { Flashable, FlashJob } from './flash-job.js';
import { flashRates } from './flash-rates.js';
import { writeRegions } from './flash-regions.js';
import type { FlashedRegion, FlashProgress, FlashResult, WireUse } from './flash-result.js';
import { FlashSession, romBaudRate } from './flash-session.js';
import { holdReset, releaseReset } from './reset-lines.js';
import { hostTimers, type Timers } from './timers.js';
import { updateBaudRate } from './web-serial-adapter.js';

export interface FlashOptions {
  /** Rate to write at; 921600 by default. When that fails, lower ones are tried, down to 115200. */
  readonly baudRate?: number;
  /** Only this board may be flashed: six lower-case hex pairs. */
  readonly expectedMac?: string;
  /** What people call the board with another MAC, when they know it: for the message about it. */
  readonly knownAs?: (mac: string) => string | undefined;
  /** Send deflated; default true. */
  readonly compress?: boolean;
  /** Load Espressif's flasher stub, which is faster; default true. */
  readonly useStub?: boolean;
  /** Erase the whole chip first; default false. */
  readonly eraseAll?: boolean;
  readonly onProgress?: (progress: FlashProgress) => void;
  /** Another attempt is about to be made, since the last one ended with `reason`. */
  readonly onRetry?: (retry: { readonly baudRate: number; readonly reason: string }) => void;
  /** What esptool-js has to say, for a log file. */
  readonly onLog?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** For all of it; default 5 minutes, a 4 MB image at 115200 baud included. */
  readonly timeoutMs?: number;
  /** On a virtual link, `nowUs` may be the board's time: then `wire` speaks of that. */
  readonly timers?: Timers;
}

/**
 * Flashes a build over an open port, verifies every region by MD5, and resets the board into the app. Chip, revision
 * and MAC are read first: with the wrong one nothing is written. What the flash holds already is left alone, in steps of
 * 64 KB, so that an interrupted flashing goes on where it was. The port stays open at the rate it came with, both lines
 * released, whatever happens.
 * @throws InfraError `no-loader`, `wrong-chip`, `wrong-revision`, `wrong-board`, `no-flash-chip`, `flash-failed`, `flash-verify`,
 * `flash-link-lost`, `flash-timeout`; ConfigError `flash-too-small` when the build is larger than the flash chip;
 * TokenrackError `flash-aborted`, which is inconclusive.
 */
export async function flashBuild(
  port: SerialPortStream,
  build: Flashable,
  options: FlashOptions = {},
): Promise<FlashResult> {
  const { timers = hostTimers } = options;
  const startUs = timers.nowUs();
  const ownBaudRate = port.baudRate;
  const rates = flashRates(options.baudRate ?? 921_600);
  const job = newJob(port, build, options, rates[0]!);
  const leave = async (): Promise<void> => {
    await job.session.close();
    await leaveLoader(port, ownBaudRate, timers);
  };
  try {
    const retries = await limited(job, options, attempts(job, options, rates));
    job.phase = 'resetting into the app';
    await leave();
    return { ...resultOf(job), retries, elapsedMs: (timers.nowUs() - startUs) / 1000 };
  } catch (error) {
    await leave().catch(() => {}); // the first error says more than a port that does not obey afterwards
    throw asInfraError(job, error);
  }
}

function newJob(port: SerialPortStream, build: Flashable, options: FlashOptions, baudRate: number): FlashJob {
  const { timers = hostTimers, expectedMac, knownAs, onProgress = () => {}, eraseAll = false } = options;
  return {
    port,
    build,
    timers,
    expectedMac,
    knownAs: knownAs ?? (() => undefined),
    report: onProgress,
    regions: build.files.map((file) => ({ file, writtenBytes: 0, verified: false })),
    session: newSession(port, options, baudRate),
    chip: undefined,
    phase: 'connecting',
    eraseAll,
    wire: { payloadBytes: 0, sentBytes: 0, elapsedUs: 0, limitBytes: 0 },
  };
}

function newSession(port: SerialPortStream, options: FlashOptions, baudRate: number): FlashSession {
  const { useStub = true, compress = true, onLog = () => {} } = options;
  return new FlashSession(port, { baudRate, useStub, compress, onLog });
}

/** Returns how many attempts failed before the one that did it. */
async function attempts(job: FlashJob, options: FlashOptions, rates: readonly number[]): Promise<number> {
  for (let retries = 0; ; retries++) {
    try {
      await attempt(job);
      return retries;
    } catch (error) {
      const baudRate = rates[retries + 1];
      const reason = asInfraError(job, error);
      if (baudRate === undefined || !mayRetry(job, reason)) throw error;
      options.onRetry?.({ baudRate, reason: reason.message });
      await job.session.close();
      job.session = newSession(job.port, options, baudRate);
    }
  }
}

/** A board that never answered, is the wrong one or is gone stays so. */
function mayRetry({ chip, port }: FlashJob, reason: unknown): reason is InfraError {
  const transient =
    reason instanceof InfraError && ['flash-failed', 'flash-verify', 'no-loader'].includes(reason.code);
  return transient && chip !== undefined && port.isOpen;
}

async function attempt(job: FlashJob): Promise<void> {
  job.phase = 'connecting';
  const facts = await identify(job);
  job.chip = { ...facts, flashBytes: 0 };
  job.phase = 'preparing the flash chip';
  const flashBytes = checkFlashSize(job, await job.session.prepare());
  job.chip = { ...facts, flashBytes };
  if (job.eraseAll) {
    job.phase = 'erasing the flash chip';
    await job.session.eraseAll(flashBytes);
    job.eraseAll = false;
  }
  await writeRegions(job);
}

function resultOf(job: FlashJob): Omit<FlashResult, 'retries' | 'elapsedMs'> {
  const regions: FlashedRegion[] = job.regions.map(({ file, writtenBytes }) => {
    const { offset, bytes } = file;
    return { offset, bytes: bytes.length, skipped: writtenBytes === 0, writtenBytes };
  });
  const total = (pick: (region: FlashedRegion) => number): number =>
    regions.reduce((sum, region) => sum + pick(region), 0);
  const wire = wireUse(job);
  return {
    ...job.chip!,
    regions,
    writtenBytes: total((region) => region.writtenBytes),
    skippedBytes: total((region) => Math.max(0, region.bytes - region.writtenBytes)),
    baudRate: job.session.baudRate,
    ...(wire === undefined ? {} : { wire }),
  };
}

function wireUse({ wire }: FlashJob): WireUse | undefined {
  const { payloadBytes, sentBytes, elapsedUs, limitBytes } = wire;
  if (elapsedUs === 0) return undefined;
  const limitBytesPerSecond = Math.round(limitBytes / (elapsedUs / 1e6));
  const efficiency = payloadBytes / limitBytes;
  return { payloadBytes, sentBytes, elapsedMs: elapsedUs / 1000, limitBytesPerSecond, efficiency };
}

/** Rejects at the time limit or the caller's signal, and then cuts the session off from the port. */
async function limited<T>(job: FlashJob, options: FlashOptions, work: Promise<T>): Promise<T> {
  const { timeoutMs = 300_000, signal } = options;
  let stop = (_error: InfraError): void => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (error) => {
      job.session.abandon(error);
      reject(error);
    };
  });
  const { path } = job.port;
  const onAbort = (): void => {
    const message = `${path}: flashing was aborted while ${job.phase}`;
    stop(new TokenrackError('flash-aborted', 'inconclusive', message));
  };
  const cancelTimer = job.timers.after(timeoutMs, () => {
    const message = `${path}: flashing took longer than ${timeoutMs} ms, while ${job.phase}; raise the limit or the baud rate`;
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

function asInfraError({ port, phase, session }: FlashJob, error: unknown): Error {
  const cause = session.rootOf(error);
  if (!(cause instanceof Error)) return new Error(String(cause));
  const fromOutside = cause instanceof ESPError || cause.constructor === Error;
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
