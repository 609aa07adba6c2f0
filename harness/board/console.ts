import type { SerialPortStream } from '@serialport/stream';
import type { BoardError } from './board-error.js';
import { BootWait } from './boot-wait.js';
import { CardCommands } from './card-commands.js';
import { CommandSession, isSilence, type WaitOptions } from './command-session.js';
import type {
  BoardInfo,
  ConsoleCounters,
  ConsoleOptions,
  GenerateOptions,
  GenerateWaiting,
  LoadOptions,
  ProbeWaiting,
  ScoreOptions,
  ScoreWaiting,
} from './console-options.js';
import { EventLine, type LinkTap } from './event-line.js';
import { bootBaud } from './exchange.js';
import type { GenerationRecords, ScoreRecords } from './generation-records.js';
import { promptCommands } from './prompt-chunks.js';
import type { AckRecord, BoardRecord, BootRecord, KnobRecord, ProbeRecord } from './records.js';
import { holdReset, releaseReset } from './reset-lines.js';
import { RunCollector } from './run-collector.js';
import { hostTimers, type Timers } from './timers.js';

export type { LinkTap, WaitOptions };

/** A load opens a dozen files and may fill PSRAM and a flash partition: up to a minute on hardware, within two attempts. */
const loadTimeoutMs = 30_000;

/** The whole card content once: 52 MB in float32 at 0.5 MB/s. */
const verifyTimeoutMs = 120_000;

/** The first token waits for the whole prompt: minutes in float32 from an SD card. */
const runSilenceMs = 120_000;

/** The firmware bounds a probe's work to about ten seconds. */
const probeTimeoutMs = 20_000;

/** The ROM, the bootloader and an automatic load, with room to spare. */
const bootTimeoutMs = 15_000;

/** By when a board that heard nothing valid at a new rate is back at 115200: 2 s by the protocol, and a margin. */
const baudFallbackMs = 2_500;

/** At a new rate the board gives up after 2 s, so several attempts must fit in. */
const newRateAckMs = 450;

/**
 * The bench protocol's host side (firmware/PROTOCOL.md) over an open port, which stays the caller's. Commands go one
 * at a time. Every method rejects with {@link BoardError}, which says what was waited for and what came
 * instead; after a fault (panic, reset, brownout, refused image) all of them do, until `hello` or `restart`.
 */
export class BoardConsole implements AsyncDisposable {
  private readonly line: EventLine;
  private readonly board: string;
  private readonly timers: Timers;
  private readonly session: CommandSession;
  /** What lies on the board's card, and how it is changed. */
  readonly card: CardCommands;

  constructor(
    private readonly port: SerialPortStream,
    options: ConsoleOptions = {},
  ) {
    const { tap, onEvent, nonce, ackTimeoutMs = 3000, attempts = 4 } = options;
    this.board = options.board ?? port.path;
    this.timers = options.timers ?? hostTimers;
    this.line = new EventLine(port, {
      board: this.board,
      timers: this.timers,
      ...(tap === undefined ? {} : { tap }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
    this.session = new CommandSession(this.line, {
      board: this.board,
      ackTimeoutMs,
      attempts,
      ...(nonce === undefined ? {} : { nonce }),
    });
    this.card = new CardCommands(this.line, this.session, this.board);
  }

  /** The session's nonce; before hello the one it will have. */
  get nonce(): string {
    return this.session.nonce;
  }

  /**
   * Waits until the app says it has started, or takes the boot record that came since the last reset. Rejects at once
   * on a refused image, a panic, a brownout, or when the ROM loader answers instead. The port is set to 115200 for it.
   */
  async waitForBoot(waiting: WaitOptions = {}): Promise<BootRecord> {
    this.line.sessionOpen = false;
    this.line.forgetFaults('delivered');
    await this.line.setBaud(bootBaud);
    const booted = this.line.faulted ? undefined : this.line.claimBootRecord();
    if (booted !== undefined) return booted;
    const wait = new BootWait(this.line, this.board, waiting.timeoutMs ?? bootTimeoutMs);
    return this.line.wait(wait, waiting.signal);
  }

  /** Resets the board by its reset line, then waits for the app's boot record. */
  async restart(waiting: WaitOptions = {}): Promise<BootRecord> {
    this.line.sessionOpen = false;
    await holdReset(this.port, this.timers);
    this.line.forgetFaults('all');
    this.line.claimBootRecord();
    await this.line.setBaud(bootBaud);
    await releaseReset(this.port);
    return this.waitForBoot(waiting);
  }

  /** Starts a session with a nonce of its own: what the board still says of an older one is stale from now on. */
  hello(waiting: WaitOptions = {}): Promise<AckRecord> {
    return this.session.hello(waiting);
  }

  async info(waiting: WaitOptions = {}): Promise<BoardInfo> {
    const records = await this.session.list('info', waiting);
    const info = records.find((record) => record.r === 'info');
    const mem = records.find((record) => record.r === 'mem');
    const model = records.find((record) => record.r === 'model');
    if (info === undefined || mem === undefined) {
      throw this.session.protocolError('info', 'an ack but no info or mem record');
    }
    const place = records.find((record) => record.r === 'place');
    return {
      info,
      mem,
      ...(model === undefined ? {} : { model }),
      ...(place === undefined ? {} : { place }),
    };
  }

  /**
   * Switches both sides to `rate`, and makes sure that lines pass at it. Resolves to the rate in use: `rate`, or
   * 115200 when they do not, after the time that the board takes to fall back.
   */
  async baud(rate: number, waiting: WaitOptions = {}): Promise<number> {
    const command = `baud ${rate}`;
    await toleratingSilence(this.session.ask(command, waiting));
    await this.line.setBaud(rate);
    const answer = await toleratingSilence(this.session.askAgain(command, waiting, newRateAckMs));
    if (answer !== undefined) return rate;
    await this.line.setBaud(bootBaud);
    await this.line.pause(baudFallbackMs, waiting.signal);
    await this.info(waiting);
    return bootBaud;
  }

  /** Loads `/sdcard/FOLDER`. The ack carries time, reads, seeks and bytes of the load, and what it programmed into the flash. */
  load(folder: string, options: LoadOptions = {}): Promise<AckRecord> {
    const { bare = false, verify = false } = options;
    const command = `load ${folder}${bare ? ' manifest=0' : ''}${verify ? ' verify=1' : ''}`;
    return this.session.ask(command, options, verify ? verifyTimeoutMs : loadTimeoutMs);
  }

  setKnob(key: string, value: number, waiting: WaitOptions = {}): Promise<AckRecord> {
    return this.session.ask(`set ${key} ${value}`, waiting);
  }

  async knobs(waiting: WaitOptions = {}): Promise<KnobRecord[]> {
    const records = await this.session.list('set', waiting);
    return records.filter((record) => record.r === 'knob');
  }

  /**
   * Sends a new prompt in chunks, each acknowledged before the next. Resolves to how many ids the board holds.
   * @param ids token ids, at least one.
   */
  async sendPrompt(ids: readonly number[], waiting: WaitOptions = {}): Promise<number> {
    for (const chunk of promptCommands(ids)) {
      const ack = await this.session.ask(chunk.command, waiting);
      if (ack.count !== chunk.countAfter) {
        throw this.session.protocolError(
          chunk.command,
          `count ${ack.count ?? 'absent'} instead of ${chunk.countAfter}`,
        );
      }
    }
    return ids.length;
  }

  /** Runs the prompt. What was lost on the way is in the result, not an error. */
  async generate(options: GenerateOptions = {}, waiting: GenerateWaiting = {}): Promise<GenerationRecords> {
    const collector = new RunCollector(options.logits ?? 'crc');
    await this.session.run(
      `generate${keyValues(options)}`,
      collector,
      (record, atUs) => {
        if (record.r === 'tok') waiting.onToken?.(record, atUs);
      },
      { ...waiting, timeoutMs: waiting.timeoutMs ?? runSilenceMs },
    );
    return collector.generation();
  }

  /** Teacher-forces the prompt. What was lost on the way is in the result, not an error. */
  async score(options: ScoreOptions = {}, waiting: ScoreWaiting = {}): Promise<ScoreRecords> {
    const collector = new RunCollector(options.logits ?? 'none');
    await this.session.run(
      `score${keyValues(options)}`,
      collector,
      (record, atUs) => {
        if (record.r === 'lp') waiting.onPosition?.(record, atUs);
      },
      { ...waiting, timeoutMs: waiting.timeoutMs ?? runSilenceMs },
    );
    return collector.score();
  }

  /** One measurement of firmware/PROTOCOL.md "Probes", such as `dot size=192 repeat=100`; it lets go of the model. */
  async probe(what: string, waiting: ProbeWaiting = {}): Promise<ProbeRecord> {
    let measured: ProbeRecord | undefined;
    const add = (record: BoardRecord): boolean => {
      if (record.r === 'probe' && record.kind === 'listening') waiting.onListening?.();
      else if (record.r === 'probe') measured = record;
      return measured !== undefined;
    };
    const collector = { add, addDisturbance: () => {} };
    const timeoutMs = waiting.timeoutMs ?? probeTimeoutMs;
    await this.session.run(`probe ${what}`, collector, () => {}, { ...waiting, timeoutMs });
    if (measured === undefined) throw this.session.protocolError(`probe ${what}`, 'no probe record');
    return measured;
  }

  /** Ends the session. A reset of the board is no fault afterwards. */
  async bye(waiting: WaitOptions = {}): Promise<void> {
    await this.session.ask('bye', waiting);
    this.line.sessionOpen = false;
  }

  /** Microseconds of the link's clock. */
  nowUs(): number {
    return this.timers.nowUs();
  }

  get baudRate(): number {
    return this.line.baudRate;
  }

  counters(): ConsoleCounters {
    const { tornLines, rxBytes, txBytes } = this.line;
    return { ...this.session.counters, torn: tornLines, rxBytes, txBytes };
  }

  /** Idempotent. Lets go of the port, which stays open; a wait under way rejects. */
  async close(): Promise<void> {
    this.line.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** ` max=32 eos=1`: the keys that are set, flags as 0 and 1. */
function keyValues(options: GenerateOptions | ScoreOptions): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === 'boolean' ? Number(value) : value}`)
    .join('');
}

/** Undefined when nothing intact came; every other failure stays one. */
async function toleratingSilence<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isSilence(error)) return undefined;
    throw error;
  }
}
