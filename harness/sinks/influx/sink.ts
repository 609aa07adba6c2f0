import type { RunResult } from '../../results/result.js';
import { InfluxClient } from './client.js';
import type { InfluxSettings } from './config.js';
import { nameOf } from './destination.js';
import { toLine } from './line-protocol.js';
import { type LiveEvent, LiveFeed } from './live-feed.js';
import type { Point } from './point.js';
import { type DrainOutcome, Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';

/** The last flush of a command may take so long as the server goes on acknowledging. */
const FLUSH_MS = 60_000;

/**
 * A silent server is waited for that share of the command's duration, within these limits: half of the 2% that a dead
 * server may cost, since spooling and starting cost a little too.
 */
const PATIENCE = { share: 0.01, leastMs: 100, mostMs: 5_000 };

/** How soon to look again whether another process still sends. */
const BUSY_PAUSE_MS = 25;

/** How long the last flush of a command waits for an answer, when the command took `elapsedMs`. */
export function patienceMs(elapsedMs: number): number {
  return Math.min(PATIENCE.mostMs, Math.max(PATIENCE.leastMs, elapsedMs * PATIENCE.share));
}

export interface InfluxSinkOptions {
  readonly settings: InfluxSettings;
  readonly spoolFolder: string;
  readonly pointsOf: (result: RunResult) => Iterable<Point>;
  /** Shows a line to the person at the terminal. */
  readonly say: (line: string) => void;
}

/**
 * Metrics of a command's runs to InfluxDB. A run's points are on disk when `result` resolves and are sent beside what
 * comes next; nothing that happens here is an error of the run, or makes it wait for a server.
 */
export class InfluxSink {
  private readonly spool: Spool;
  private readonly client: InfluxClient;
  private readonly liveClient: InfluxClient;
  private readonly live: LiveFeed;
  private readonly sender: Sender;
  private readonly openedAt = Date.now();
  private draining: Promise<DrainOutcome> | undefined;
  private outcome: DrainOutcome | undefined;
  private again = false;
  private unspooled = false;

  constructor(private readonly options: InfluxSinkOptions) {
    const { settings, spoolFolder } = options;
    this.client = new InfluxClient(settings.destination);
    this.liveClient = new InfluxClient(settings.destination);
    this.live = new LiveFeed(this.liveClient);
    this.spool = new Spool(spoolFolder);
    const quarantine = new Quarantine(spoolFolder);
    this.sender = new Sender({ spool: this.spool, quarantine, writer: this.client });
  }

  event(event: LiveEvent): void {
    this.live.show(event);
  }

  /** Never rejects: a run whose points cannot be kept has its folder, which `backfill` reads. */
  async result(result: RunResult): Promise<void> {
    this.live.done();
    try {
      await this.spool.append(Array.from(this.options.pointsOf(result), toLine));
    } catch (error) {
      this.unspooled = true;
      this.say(`${reasonOf(error)}; "tokenrack backfill ${result.run.folder}" sends this run's points later`);
      return;
    }
    this.send();
  }

  /** Sends what can be sent in the time that this may take, and says once what is left and why. Never rejects. */
  async finish(): Promise<void> {
    const patience = patienceMs(Date.now() - this.openedAt);
    try {
      if (this.outcome === undefined && (await this.spool.status()).waiting > 0) this.send();
      await oneOf(this.live.sendLast(), patience);
      await this.flush(patience);
      await this.report();
    } catch (error) {
      // Nothing new when the spool could not be written either.
      if (!this.unspooled) this.say(`cannot read the spool: ${reasonOf(error)}`);
    } finally {
      this.live[Symbol.dispose]();
      this.liveClient[Symbol.dispose]();
      this.client[Symbol.dispose]();
    }
  }

  private send(): void {
    if (this.draining !== undefined) {
      this.again = true;
      return;
    }
    this.again = false;
    this.draining = this.sender.drain().then((outcome) => {
      this.draining = undefined;
      this.outcome = outcome;
      if (this.again && outcome.kind === 'empty') this.send();
      return outcome;
    });
  }

  private async flush(patience: number): Promise<void> {
    const startedAt = Date.now();
    for (;;) {
      const heardAt = Math.max(startedAt, this.sender.acknowledgedAt);
      const waitMs = Math.min(heardAt + patience, startedAt + FLUSH_MS) - Date.now();
      if (waitMs <= 0) return this.giveUp(patience);
      if (this.draining !== undefined) await oneOf(this.draining, waitMs);
      else if (this.outcome?.kind === 'busy') await this.sendAfter(BUSY_PAUSE_MS);
      else return;
    }
  }

  /** The other sender may have looked for the last time before our points came. */
  private async sendAfter(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if ((await this.spool.status()).waiting > 0) this.send();
    else this.outcome = { kind: 'empty' };
  }

  private async giveUp(patience: number): Promise<void> {
    this.again = false;
    const silent = Date.now() - this.sender.acknowledgedAt >= patience;
    this.sender.stop(silent ? `no answer within ${Math.round(patience)} ms` : 'there was no more time');
    this.client.abort();
    await this.draining;
  }

  private async report(): Promise<void> {
    const { refused } = this.sender;
    if (refused > 0)
      this.say(
        `the server refused ${refused} point(s), which are in quarantine: "tokenrack sink quarantine"`,
      );
    const { waiting } = await this.spool.status();
    if (waiting === 0) return;
    if (this.outcome?.kind === 'busy') this.say(`${waiting} point(s) wait while another process sends`);
    if (this.outcome?.kind !== 'stopped') return;
    const server = nameOf(this.options.settings.destination);
    const kept = `${waiting} point(s) wait in the spool, and "tokenrack sink flush" sends them`;
    this.say(`${server} takes no points: ${this.outcome.message}; ${kept}`);
  }

  private say(line: string): void {
    this.options.say(`tokenrack: influx: ${line}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Until the promise settles or the time is up. */
async function oneOf(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
