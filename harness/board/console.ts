import type { SerialPortStream } from '@serialport/stream';
import type { GenerationRecords, LogitsLevel, ScoreRecords } from './generation-records.js';
import type { LogEvent } from './log-event.js';
import type {
  AckRecord,
  BootRecord,
  InfoRecord,
  KnobRecord,
  LpRecord,
  MemRecord,
  ModelRecord,
  TokRecord,
} from './records.js';
import type { Timers } from './timers.js';

/** Sees every byte of both directions, in order. {@link Capture} is one. */
export interface LinkTap {
  rx(bytes: Uint8Array, atUs: number): void;
  tx(bytes: Uint8Array, atUs: number): void;
}

export interface ConsoleOptions {
  /** Named in errors. */
  readonly board?: string;
  readonly tap?: LinkTap;
  readonly onEvent?: (event: LogEvent, atUs: number) => void;
  readonly timers?: Timers;
  /** 1 to 16 of `[0-9a-z]`; random by default. */
  readonly nonce?: string;
  /** How long one attempt waits for its ack before it is sent again. Default 3000. */
  readonly ackTimeoutMs?: number;
  /** How often a command is sent before the console gives up. Default 4. */
  readonly attempts?: number;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Longest silence: no intact record of this session for so long. Slow boards may take any time in all. */
  readonly timeoutMs?: number;
}

export interface BoardInfo {
  readonly info: InfoRecord;
  readonly mem: MemRecord;
  /** Absent when no model is loaded. */
  readonly model?: ModelRecord;
}

export interface GenerateOptions {
  readonly max?: number;
  /** Thousandths; 0 is greedy. */
  readonly temp?: number;
  readonly topk?: number;
  readonly seed?: number;
  readonly eos?: boolean;
  readonly logits?: LogitsLevel;
}

export interface ScoreOptions {
  readonly logits?: LogitsLevel;
}

/** Counted since the console was opened. */
export interface ConsoleCounters {
  readonly commands: number;
  readonly resends: number;
  readonly records: number;
  /** Intact records of another session's nonce: never used. */
  readonly stale: number;
  readonly torn: number;
  /** Answers to commands that were already answered. */
  readonly late: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** SIGNATURES ONLY at this commit; bodies follow. */
export declare class BoardConsole implements AsyncDisposable {
  constructor(port: SerialPortStream, options?: ConsoleOptions);
  /** The session's nonce. */
  readonly nonce: string;
  waitForBoot(waiting?: WaitOptions): Promise<BootRecord>;
  /** Pulses the reset line, then waits for the app's boot record. */
  restart(waiting?: WaitOptions): Promise<BootRecord>;
  hello(waiting?: WaitOptions): Promise<AckRecord>;
  info(waiting?: WaitOptions): Promise<BoardInfo>;
  /** Resolves to the rate in use after it: `rate`, or 115200 when the line does not hold it. */
  baud(rate: number, waiting?: WaitOptions): Promise<number>;
  load(folder: string, waiting?: WaitOptions): Promise<AckRecord>;
  setKnob(key: string, value: number, waiting?: WaitOptions): Promise<AckRecord>;
  knobs(waiting?: WaitOptions): Promise<KnobRecord[]>;
  /** Resolves to how many ids the board holds. */
  sendPrompt(ids: readonly number[], waiting?: WaitOptions): Promise<number>;
  generate(
    options: GenerateOptions,
    waiting?: WaitOptions & { readonly onToken?: (token: TokRecord, atUs: number) => void },
  ): Promise<GenerationRecords>;
  score(
    options: ScoreOptions,
    waiting?: WaitOptions & { readonly onPosition?: (position: LpRecord, atUs: number) => void },
  ): Promise<ScoreRecords>;
  bye(waiting?: WaitOptions): Promise<void>;
  counters(): ConsoleCounters;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
