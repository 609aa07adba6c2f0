import { readEnvironment } from '../config/environment.js';
import { EXIT_CODES } from '../results/verdict.js';
import { InfluxClient } from '../sinks/influx/client.js';
import { type InfluxSettings, readInfluxSettings } from '../sinks/influx/config.js';
import { nameOf } from '../sinks/influx/destination.js';
import { flush } from '../sinks/influx/flush.js';
import { requireInfluxSettings, spoolFolder } from '../sinks/influx/open-sink.js';
import { lastError, Sender } from '../sinks/influx/sender.js';
import { Spool } from '../sinks/influx/spool.js';
import { Quarantine } from '../sinks/influx/spool-quarantine.js';
import { interruptSignal } from './exit.js';

const PING_TIMEOUT_MS = 5_000;

/** Prints what is known of the server and the spool; an infra-fail when a configured server does not answer. */
export async function status(flags: { readonly json?: boolean }): Promise<void> {
  const environment = readEnvironment();
  const folder = spoolFolder(environment);
  const settings = await readInfluxSettings(environment.influx);
  const server = settings === undefined ? undefined : await ask(settings);
  const { waiting, oldest, damaged } = await new Spool(folder).status();
  const error = await lastError(folder);
  const found = {
    ...(server === undefined ? {} : { server }),
    spool: {
      folder,
      waiting,
      ...(oldest === undefined ? {} : { oldest: new Date(oldest).toISOString() }),
      damaged,
      quarantined: await new Quarantine(folder).count(),
    },
    ...(error === undefined ? {} : { lastError: error }),
  };
  process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : describe(found));
  process.exitCode = EXIT_CODES[server?.reachable === false ? 'infra-fail' : 'pass'];
}

interface ServerStatus {
  readonly name: string;
  readonly reachable: boolean;
  readonly version?: string;
  readonly roundTripMs?: number;
}

async function ask({ destination }: InfluxSettings): Promise<ServerStatus> {
  using client = new InfluxClient(destination);
  const pong = await client.ping(PING_TIMEOUT_MS);
  return { name: nameOf(destination), reachable: pong.version !== undefined, ...pong };
}

interface Found {
  readonly server?: ServerStatus;
  readonly spool: {
    readonly folder: string;
    readonly waiting: number;
    readonly oldest?: string;
    readonly damaged: readonly string[];
    readonly quarantined: number;
  };
  readonly lastError?: { readonly at: string; readonly message: string };
}

function describe({ server, spool, lastError: error }: Found): string {
  const lines = [
    `server: ${server === undefined ? 'none configured (TOKENRACK_INFLUX_URL)' : describeServer(server)}`,
    `waiting: ${spool.waiting} point(s)${spool.oldest === undefined ? '' : `, the oldest since ${spool.oldest}`}`,
    `quarantine: ${spool.quarantined} point(s)`,
    ...(error === undefined ? [] : [`last error: ${error.at}: ${error.message}`]),
    ...spool.damaged.map((name) => `damaged: ${name}; "tokenrack backfill" sends its runs again`),
    `spool: ${spool.folder}`,
  ];
  return `${lines.join('\n')}\n`;
}

function describeServer({ name, reachable, version, roundTripMs }: ServerStatus): string {
  return reachable
    ? `${name}, InfluxDB ${version}, answered in ${roundTripMs} ms`
    : `${name} does not answer`;
}

export interface FlushFlags {
  /** Seconds; given, it is also how long a server that nobody is at is waited for. */
  readonly timeout?: number;
  readonly json?: boolean;
}

export interface Flushed {
  /** Points that the server acknowledged, and refused. */
  readonly written: number;
  readonly refused: number;
  readonly waiting: number;
  /** Why some wait. */
  readonly message?: string;
}

/** Sends what waits, and prints what came of it; an infra-fail when something still waits. */
export async function flushSpool(flags: FlushFlags): Promise<void> {
  const flushed = await sendWaiting(flags);
  process.stdout.write(flags.json === true ? `${JSON.stringify(flushed)}\n` : describeFlushed(flushed));
  process.exitCode = EXIT_CODES[flushed.waiting > 0 ? 'infra-fail' : 'pass'];
}

/**
 * Somebody who gives a timeout means to wait so long for a server that restarts, as a night does; somebody who gives none sits there, and is told at once that
 * nobody is at its address: what waits is kept.
 */
export async function sendWaiting(
  { timeout }: Pick<FlushFlags, 'timeout'>,
  usualSeconds = 60,
): Promise<Flushed> {
  const environment = readEnvironment();
  const { destination } = await requireInfluxSettings(environment);
  const folder = spoolFolder(environment);
  using client = new InfluxClient(destination);
  const spool = new Spool(folder);
  // A spool that cannot be read is told at once: no server and no time would help.
  await spool.status();
  const sender = new Sender({ spool, quarantine: new Quarantine(folder), writer: client });
  const timeoutMs = (timeout ?? usualSeconds) * 1000;
  const waitForServer = timeout !== undefined;
  const outcome = await flush({ sender, client, timeoutMs, waitForServer, signal: interruptSignal() });
  const { waiting } = await spool.status();
  const { written, refused } = sender;
  const hint = waitForServer || !client.foundNobody ? '' : '; --timeout SECONDS waits for the server';
  const message =
    outcome.kind === 'busy' ? 'another process sends' : outcome.kind === 'stopped' && outcome.message + hint;
  return { written, refused, waiting, ...(waiting > 0 && message ? { message } : {}) };
}

export function describeFlushed({ written, refused, waiting, message }: Flushed): string {
  const lines = [
    `sent: ${written} point(s)`,
    ...(refused > 0 ? [`refused: ${refused} point(s): "tokenrack sink quarantine" lists them`] : []),
    ...(waiting > 0 ? [`waiting: ${waiting} point(s): ${message ?? 'they came meanwhile'}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
