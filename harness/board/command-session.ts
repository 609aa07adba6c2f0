import { randomBytes } from 'node:crypto';
import { ConfigError, TokenrackError } from '../errors.js';
import { BoardError } from './board-error.js';
import { restartFault } from './event-fault.js';
import type { EventLine } from './event-line.js';
import { bootBaud, Exchange, type ExchangeCounters, type Reply } from './exchange.js';
import type { AckRecord, BoardRecord } from './records.js';
import type { RunCollector } from './run-collector.js';

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /**
   * Longest silence: so long without an intact record of the answer ends the wait. Slow boards may take any time in
   * all. It also bounds, but does not stretch, how long one attempt waits for its ack.
   */
  readonly timeoutMs?: number;
}

export interface SessionOptions {
  readonly board: string;
  /** 1 to 16 of `[0-9a-z]`; by default every session has a new random one. */
  readonly nonce?: string;
  readonly ackTimeoutMs: number;
  readonly attempts: number;
}

/** What came of an answer of several records. */
export interface ListPart {
  readonly ack: AckRecord | undefined;
  readonly records: BoardRecord[];
  readonly torn: number;
}

/** An answer of several records of which one came torn is asked for again, so often. */
const listAttempts = 3;

/** How long one attempt waits for an app that may have started anew. */
const restartProbeMs = 1000;

/** Sequence numbers and nonce of one session, and the three forms that answers have. */
export class CommandSession {
  readonly counters: ExchangeCounters = { commands: 0, resends: 0, records: 0, stale: 0, late: 0 };
  private sequence = 0;
  private currentNonce: string;
  private nonceUsed = false;

  constructor(
    private readonly line: EventLine,
    private readonly options: SessionOptions,
  ) {
    this.currentNonce = options.nonce ?? newNonce();
  }

  /** Of the session; before the first hello the one it will have. */
  get nonce(): string {
    return this.currentNonce;
  }

  /** Starts anew: other nonces are stale, numbers begin at 1, earlier faults are forgotten. */
  async hello(waiting: WaitOptions): Promise<AckRecord> {
    this.line.sessionOpen = false;
    this.line.forgetFaults('all');
    if (this.nonceUsed) this.currentNonce = this.options.nonce ?? newNonce();
    this.nonceUsed = true;
    this.sequence = 0;
    const ack = await this.ask(`hello ${this.currentNonce}`, waiting);
    if (ack.proto !== 1) throw this.protocolMismatch(ack.proto);
    this.line.sessionOpen = true;
    return ack;
  }

  /** A command that its ack answers. */
  ask(
    command: string,
    waiting: WaitOptions,
    ackTimeoutMs: number = this.options.ackTimeoutMs,
  ): Promise<AckRecord> {
    this.sequence++;
    return this.explained(this.askAgain(command, waiting, ackTimeoutMs), waiting);
  }

  /** The same under the last command's number: a board that has acknowledged it answers, and does nothing. */
  askAgain(
    command: string,
    waiting: WaitOptions,
    ackTimeoutMs: number = this.options.ackTimeoutMs,
  ): Promise<AckRecord> {
    const timeoutMs = Math.min(ackTimeoutMs, waiting.timeoutMs ?? ackTimeoutMs);
    return this.exchange(command, waiting, {
      ends: 'ack',
      ackTimeoutMs: timeoutMs,
      silenceMs: timeoutMs,
      value: (ack) => this.present(command, ack),
    });
  }

  /** A command that records answer whose number the protocol does not tell. Asks again when one came torn. */
  async list(command: string, waiting: WaitOptions): Promise<BoardRecord[]> {
    for (let attempt = 1; ; attempt++) {
      const { records, torn } = await this.explained(this.listOnce(command, waiting), waiting);
      if (torn === 0) return records;
      if (attempt === listAttempts) throw this.keepsTearing(command, torn);
    }
  }

  /** The same once, with what came of it: who knows what is missing asks for that again. */
  part(command: string, waiting: WaitOptions): Promise<ListPart> {
    return this.explained(this.listOnce(command, waiting), waiting);
  }

  /** The number of the latest command. */
  get latest(): number {
    return this.sequence;
  }

  /** A command that streams records until one ends it. */
  async run(
    command: string,
    collector: Pick<RunCollector, 'add' | 'addDisturbance'>,
    onRecord: (record: BoardRecord, atUs: number) => void,
    waiting: WaitOptions & { readonly timeoutMs: number },
  ): Promise<void> {
    this.sequence++;
    const answer = this.exchange(command, waiting, {
      ends: 'record',
      ackTimeoutMs: Math.min(this.options.ackTimeoutMs, waiting.timeoutMs),
      silenceMs: waiting.timeoutMs,
      onRecord: (record, atUs) => {
        onRecord(record, atUs);
        return collector.add(record);
      },
      onOther: (event) => collector.addDisturbance(event),
      value: () => undefined,
    });
    await this.explained(answer, waiting);
  }

  /** The build's answer breaks the protocol. */
  protocolError(command: string, what: string): BoardError {
    const { board } = this.options;
    const lastLines = this.line.recent.list();
    const message = `board ${board} answered "${command}" with ${what}, against firmware/PROTOCOL.md: fix the build under test`;
    return new BoardError('protocol', 'product-fail', message, { board, waitedFor: command, lastLines });
  }

  /**
   * A reset at another rate than the one that boards start with looks like garbage and silence. So a session that
   * ends so is looked for at that rate: if an app without session answers there, that is what happened.
   */
  private async explained<T>(answer: Promise<T>, waiting: WaitOptions): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const { baudRate } = this.line;
      if (!isSilence(error) || !this.line.sessionOpen || baudRate === bootBaud) throw error;
      throw (await this.findRestart(error, baudRate, waiting)) ?? error;
    }
  }

  private async findRestart(
    silence: BoardError,
    baudRate: number,
    waiting: WaitOptions,
  ): Promise<BoardError | undefined> {
    await this.line.setBaud(bootBaud);
    this.line.sessionOpen = false;
    const reset = await this.askResetReason(waiting);
    if (reset === undefined) {
      await this.line.setBaud(baudRate);
      this.line.sessionOpen = true;
      return undefined;
    }
    const { waitedFor = 'an answer', lastLines = [] } = silence.details;
    const fault = restartFault(reset, { board: this.options.board, waitedFor, lastLines });
    this.line.noteFault(fault);
    return fault;
  }

  /** What an app that has no session says of its last reset; undefined when none answers. */
  private async askResetReason(waiting: WaitOptions): Promise<string | undefined> {
    let reset: string | undefined;
    const reply: Reply<string | undefined> = {
      ends: 'record',
      ackTimeoutMs: restartProbeMs,
      silenceMs: restartProbeMs,
      onRecord: (record) => {
        if (record.r === 'info') reset = record.reset;
        return reset !== undefined;
      },
      value: () => reset,
    };
    try {
      return await this.exchange('info', waiting, reply, { nonce: '-', sequence: 1 });
    } catch (error) {
      if (isSilence(error)) return undefined;
      throw error;
    }
  }

  private async listOnce(command: string, waiting: WaitOptions): Promise<ListPart> {
    const records: BoardRecord[] = [];
    let torn = 0;
    const { ackTimeoutMs } = this.options;
    const timeoutMs = Math.min(ackTimeoutMs, waiting.timeoutMs ?? ackTimeoutMs);
    this.sequence++;
    const ack = await this.exchange(command, waiting, {
      ends: 'marker',
      ackTimeoutMs: timeoutMs,
      silenceMs: timeoutMs,
      onRecord: (record) => {
        records.push(record);
        return false;
      },
      onOther: (event) => {
        if (event.kind === 'torn') torn++;
      },
      value: (found) => found,
    });
    return { ack, records, torn };
  }

  private async exchange<T>(
    command: string,
    waiting: WaitOptions,
    reply: Reply<T>,
    { nonce, sequence } = { nonce: this.currentNonce, sequence: this.sequence },
  ): Promise<T> {
    const context = {
      line: this.line,
      board: this.options.board,
      nonce,
      attempts: this.options.attempts,
      counters: this.counters,
      answeredBefore: this.line.sessionOpen,
    };
    return this.line.wait(new Exchange(context, sequence, command, reply), waiting.signal);
  }

  private present(command: string, ack: AckRecord | undefined): AckRecord {
    if (ack !== undefined) return ack;
    throw new TokenrackError(
      'ack-lost',
      'harness-bug',
      `"${command}" ended without its ack: report it with the capture`,
    );
  }

  private keepsTearing(command: string, torn: number): BoardError {
    const { board } = this.options;
    const message = `board ${board}: ${torn} torn lines in each answer to "${command}": use a lower baud rate or a shorter cable`;
    return new BoardError('link-damaged', 'infra-fail', message, {
      board,
      waitedFor: command,
      lastLines: this.line.recent.list(),
    });
  }

  private protocolMismatch(said: number | undefined): ConfigError {
    const { board } = this.options;
    const message = `board ${board} speaks bench protocol ${said ?? 'unknown'}, this tokenrack speaks 1: flash a matching build`;
    return new ConfigError('protocol-version', message, { board });
  }
}

/** Nothing intact came, as opposed to something that says what happened. */
export function isSilence(error: unknown): error is BoardError {
  const silences: readonly string[] = ['board-silent', 'board-hung', 'link-damaged'];
  return error instanceof BoardError && silences.includes(error.code);
}

function newNonce(): string {
  return randomBytes(4).toString('hex');
}
