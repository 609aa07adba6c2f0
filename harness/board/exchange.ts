import { BoardError, type BoardErrorCode } from './board-error.js';
import type { EventLine } from './event-line.js';
import type { LogEvent } from './log-event.js';
import { encodeCommand } from './machine-line.js';
import type { AckRecord, BoardRecord, ErrRecord } from './records.js';
import { refusalError } from './refusal.js';
import { ignore, type Step, type Wait } from './wait.js';

/** How the answer of a command is read, and when it is over. */
export interface Reply<T> {
  /**
   * `ack`: with the ack. `record`: when {@link onRecord} says so. `marker`: the protocol does not say how many records
   * follow, so the command is sent again after its ack: the board does not execute it twice, and its second ack
   * comes behind the last record.
   */
  readonly ends: 'ack' | 'record' | 'marker';
  /** How long one attempt waits for its ack. */
  readonly ackTimeoutMs: number;
  /** Longest time between records after the ack. */
  readonly silenceMs: number;
  /** Every intact record of the command besides `ack` and `err`. True ends an answer that ends by record. */
  onRecord?(record: BoardRecord, atUs: number): boolean;
  /** What else came meanwhile: torn lines, log lines. */
  onOther?(event: LogEvent): void;
  /** The answer, once it is over. The ack is absent when it was lost but the records of the command came. */
  value(ack: AckRecord | undefined): T;
}

/** Counted since the console was opened. */
export interface ExchangeCounters {
  commands: number;
  resends: number;
  /** Intact records of the session. */
  records: number;
  /** Intact records of another session's nonce: never used. */
  stale: number;
  /** Records of commands already answered, such as the second ack of a command sent twice. */
  late: number;
}

export interface ExchangeContext {
  readonly line: EventLine;
  readonly board: string;
  readonly nonce: string;
  /** How often a command is sent before the console gives up. */
  readonly attempts: number;
  readonly counters: ExchangeCounters;
  /** Whether the board answered in this session before: then silence is the build's fault, else the lab's. */
  readonly answeredBefore: boolean;
}

/** What the board stops a stale run with, so that a session can begin: firmware/PROTOCOL.md, Ctrl-X. */
const cancelByte = '\x18';

/** The rate of ROM, bootloader and app after a reset (firmware/PROTOCOL.md, `baud`). */
export const bootBaud = 115_200;

/** Codes of a refusal that say the command arrived damaged. */
const damageCodes: ReadonlySet<string> = new Set(['crc', 'crc_missing', 'line_long']);

/** One command and its answer: a state machine over the events of the line. */
export class Exchange<T> implements Wait<T> {
  readonly what: string;
  readonly timeoutMs: number;
  private readonly text: string;
  private readonly opensSession: boolean;
  private attempt = 0;
  private answered = false;
  private ack: AckRecord | undefined;
  /** Signs that lines of either direction were damaged meanwhile. */
  private damaged = 0;
  private patient = false;

  /** @throws ConfigError when the command does not fit a line. */
  constructor(
    private readonly context: ExchangeContext,
    private readonly sequence: number,
    private readonly command: string,
    private readonly reply: Reply<T>,
  ) {
    this.text = encodeCommand(sequence, command);
    this.what = `the answer to "${command.length > 40 ? `${command.slice(0, 40)}...` : command}"`;
    this.timeoutMs = reply.ackTimeoutMs;
    this.opensSession = command.startsWith('hello ');
  }

  begin(): void {
    this.context.counters.commands++;
    this.send('');
  }

  onAbort(): void {
    if (this.reply.ends === 'record') this.context.line.send(cancelByte);
  }

  onEvent(event: LogEvent, atUs: number): Step<T> {
    if (event.kind === 'record') return this.onRecord(event.record, atUs);
    if (event.kind === 'torn') this.damaged++;
    this.reply.onOther?.(event);
    return ignore;
  }

  /** At the rate that every board starts with, a reset is seen as what it is; at others its text is garbage. */
  onGarbage(): Step<T> {
    if (!this.context.answeredBefore || this.context.line.baudRate === bootBaud) return ignore;
    return { do: 'fail', error: this.failure('link-damaged', 'text at another baud rate') };
  }

  onTimeout(): Step<T> {
    // A board that does not take a hello may be busy with a run that nobody waits for any more.
    const unblock = this.opensSession ? `${cancelByte}\n` : '';
    if (this.waitsForAck && this.attempt < this.context.attempts) return this.sendAgain(unblock);
    // The ack of a slow run was lost, perhaps: its first record may still be far away.
    if (!this.answered && this.reply.ends === 'record' && this.damaged > 0 && !this.patient) {
      this.patient = true;
      return { do: 'rearm', timeoutMs: this.reply.silenceMs };
    }
    return { do: 'fail', error: this.silence() };
  }

  private get waitsForAck(): boolean {
    return !this.answered || this.reply.ends === 'marker';
  }

  private onRecord(record: BoardRecord, atUs: number): Step<T> {
    const { counters } = this.context;
    if (record.r === 'boot') return ignore;
    if (record.r === 'err' && record.q === 0) return this.onUnaddressedError(record);
    if (!this.isOfSession(record)) {
      counters.stale++;
      return ignore;
    }
    counters.records++;
    if (record.q !== this.sequence) {
      counters.late++;
      return ignore;
    }
    if (record.r === 'err')
      return { do: 'fail', error: refusalError(this.context.board, this.command, record) };
    return record.r === 'ack' ? this.onAck(record) : this.onAnswerRecord(record, atUs);
  }

  /** A refused hello still carries the nonce that was in force before it. */
  private isOfSession(record: Exclude<BoardRecord, { r: 'boot' }>): boolean {
    return record.n === this.context.nonce || (this.opensSession && record.r === 'err' && record.n === '-');
  }

  private onUnaddressedError(error: ErrRecord): Step<T> {
    if (!damageCodes.has(error.code)) return ignore;
    this.damaged++;
    if (!this.waitsForAck) return ignore;
    if (this.attempt < this.context.attempts) return this.sendAgain('');
    return { do: 'fail', error: this.failure('link-damaged', 'commands keep arriving damaged') };
  }

  private onAck(ack: AckRecord): Step<T> {
    const isMarker = this.answered;
    this.answered = true;
    this.ack ??= ack;
    if (this.reply.ends === 'ack' || (this.reply.ends === 'marker' && isMarker)) return this.settle();
    if (this.reply.ends === 'marker') return this.mark();
    return { do: 'rearm', timeoutMs: this.reply.silenceMs };
  }

  private onAnswerRecord(record: BoardRecord, atUs: number): Step<T> {
    const ended = this.reply.onRecord?.(record, atUs) === true;
    if (this.reply.ends === 'record' && ended) return this.settle();
    // Without its ack an answer that ends by marker waits on: the attempt's timeout sends the command again.
    if (this.reply.ends === 'marker') return this.answered ? this.rearm() : ignore;
    this.answered = true;
    return this.rearm();
  }

  private settle(): Step<T> {
    return { do: 'settle', value: this.reply.value(this.ack) };
  }

  private rearm(): Step<T> {
    return { do: 'rearm', timeoutMs: this.reply.silenceMs };
  }

  private mark(): Step<T> {
    this.attempt = 1;
    this.context.line.send(this.text);
    return { do: 'rearm', timeoutMs: this.reply.ackTimeoutMs };
  }

  private sendAgain(before: string): Step<T> {
    this.context.counters.resends++;
    this.send(before);
    return { do: 'rearm', timeoutMs: this.reply.ackTimeoutMs };
  }

  private send(before: string): void {
    this.attempt++;
    this.context.line.send(before + this.text);
  }

  private silence(): BoardError {
    if (this.damaged > 0) return this.failure('link-damaged', `${this.damaged} damaged lines, then silence`);
    return this.context.answeredBefore
      ? this.failure('board-hung', 'answered before, now silent')
      : this.failure('board-silent', 'no answer');
  }

  private failure(code: 'link-damaged' | 'board-hung' | 'board-silent', what: string): BoardError {
    const { board, line } = this.context;
    const lastLines = line.recent.list();
    const came = lastLines.at(-1) ?? 'nothing at all';
    const message = `board ${board}: ${what} while the host waited for ${this.what} (last line: ${came}): ${advice[code]}`;
    const failureClass = code === 'board-hung' ? 'product-fail' : 'infra-fail';
    return new BoardError(code, failureClass, message, { board, waitedFor: this.what, lastLines });
  }
}

const advice: Readonly<
  Record<Extract<BoardErrorCode, 'link-damaged' | 'board-hung' | 'board-silent'>, string>
> = {
  'link-damaged': 'use a lower baud rate or a shorter cable',
  'board-hung': 'the firmware hangs, or it is slower than the timeout allows',
  'board-silent': 'check port, baud rate and power, and that the build speaks the bench protocol',
};
