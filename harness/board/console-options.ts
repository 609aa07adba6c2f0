import type { WaitOptions } from './command-session.js';
import type { LinkTap } from './event-line.js';
import type { ExchangeCounters } from './exchange.js';
import type { LogitsLevel } from './generation-records.js';
import type { LogEvent } from './log-event.js';
import type { InfoRecord, LpRecord, MemRecord, ModelRecord, PlaceRecord, TokRecord } from './records.js';
import type { Timers } from './timers.js';

export interface ConsoleOptions {
  /** Named in errors. Default: the port's path. */
  readonly board?: string;
  /** Sees every byte of both directions; a Capture is one. */
  readonly tap?: LinkTap;
  /** Every event, with the arrival stamp of the chunk that ended it. */
  readonly onEvent?: (event: LogEvent, atUs: number) => void;
  readonly timers?: Timers;
  /** 1 to 16 of `[0-9a-z]`; by default every hello makes a new random one. */
  readonly nonce?: string;
  /** How long one attempt waits for its ack before the command is sent again. Default 3000. */
  readonly ackTimeoutMs?: number;
  /** How often a command is sent before the console gives up. Default 4. */
  readonly attempts?: number;
}

export interface BoardInfo {
  readonly info: InfoRecord;
  readonly mem: MemRecord;
  /** Absent when no model is loaded. */
  readonly model?: ModelRecord;
  /** How it runs; absent also with firmware that does not say. */
  readonly place?: PlaceRecord;
}

/** As in firmware/PROTOCOL.md; what is absent is left to the board's default. */
export interface GenerateOptions {
  readonly max?: number;
  /** Thousandths; 0 is greedy. */
  readonly temp?: number;
  /** 0: all; 1 to 64. */
  readonly topk?: number;
  readonly seed?: number;
  /** Whether an end token ends the generation. */
  readonly eos?: boolean;
  readonly logits?: LogitsLevel;
}

export interface LoadOptions extends WaitOptions {
  /** Takes a folder without a manifest, too. */
  readonly bare?: boolean;
  /** Has the board read every file first and hold it against the manifest. */
  readonly verify?: boolean;
}

export interface ScoreOptions {
  readonly logits?: LogitsLevel;
}

export interface ConsoleCounters extends Readonly<ExchangeCounters> {
  /** Machine lines that came damaged. */
  readonly torn: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

export interface GenerateWaiting extends WaitOptions {
  /** Called with every intact token record as it arrives. */
  readonly onToken?: (token: TokRecord, atUs: number) => void;
}

export interface ProbeWaiting extends WaitOptions {
  /** The board takes raw bytes from now on (`probe uart`). */
  readonly onListening?: () => void;
}

export interface ScoreWaiting extends WaitOptions {
  readonly onPosition?: (position: LpRecord, atUs: number) => void;
}
