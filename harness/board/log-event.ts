import type { BoardRecord } from './records.js';

/** What every event has. All bytes of a log belong to exactly one event: their `raw` in order are the log. */
export interface EventBase {
  /** Offset of its first byte in what the parser was fed. */
  readonly offset: number;
  /** Exactly its bytes, the line end included. */
  readonly raw: Uint8Array;
  /** For people: without line end and ANSI colours, undecodable bytes replaced. */
  readonly text: string;
}

/** A machine line whose CRC and schema are right. Whose session's nonce it carries is the reader's to check. */
export interface RecordEvent extends EventBase {
  readonly kind: 'record';
  readonly record: BoardRecord;
}

/** Meant to be a machine line, but damaged: counted, never used. */
export interface TornEvent extends EventBase {
  readonly kind: 'torn';
  readonly why: string;
}

export type LogLevel = 'E' | 'W' | 'I' | 'D' | 'V';

/** An ESP-IDF log line: `I (2345) tag: text`. */
export interface LogLineEvent extends EventBase {
  readonly kind: 'log';
  readonly level: LogLevel;
  /** Milliseconds since boot; absent where the line has none (early and DRAM logs) or prints a time of day. */
  readonly atMs?: number;
  readonly tag: string;
  readonly message: string;
}

export type ResetCause =
  | 'power-on'
  | 'external'
  | 'software'
  | 'watchdog'
  | 'brownout'
  | 'deep-sleep'
  | 'other';

/** The ROM's banner: `rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)`. */
export interface BootEvent extends EventBase {
  readonly kind: 'boot';
  readonly resetCode: number;
  /** As the ROM names it, such as `POWERON_RESET`. */
  readonly resetReason: string;
  readonly cause: ResetCause;
  readonly bootCode: number;
  /** As the ROM names it, such as `SPI_FAST_FLASH_BOOT`. */
  readonly bootMode: string;
}

/** The ROM's other lines around its banner: date, SPI pins, segments, entry. */
export interface RomEvent extends EventBase {
  readonly kind: 'rom';
}

/** `waiting for download`: the ROM loader, not the app, has the UART. */
export interface LoaderWaitingEvent extends EventBase {
  readonly kind: 'loader-waiting';
}

export type ImageFault =
  | 'invalid-header'
  | 'flash-read'
  | 'checksum'
  | 'hash'
  | 'magic'
  | 'partition-table'
  | 'wrong-chip'
  | 'malformed-image'
  | 'not-bootable';

/** The ROM or the second-stage bootloader refuses what is in flash. */
export interface ImageFaultEvent extends EventBase {
  readonly kind: 'image-fault';
  readonly fault: ImageFault;
}

/** A panic with all its lines: the cause, register dumps and backtraces. */
export interface PanicEvent extends EventBase {
  readonly kind: 'panic';
  /** `LoadProhibited`, or the whole first line of an abort(), assert or stack overflow. */
  readonly reason: string;
  readonly core?: number;
  /** Registers of the core that panicked, hex as printed. */
  readonly registers: ReadonlyMap<string, string>;
  /** Frames of the first backtrace, `pc:sp`, the innermost first. */
  readonly backtrace: readonly string[];
  readonly elfSha256?: string;
}

export interface BrownoutEvent extends EventBase {
  readonly kind: 'brownout';
}

/** The task watchdog's report. The app goes on, unless it is built to panic then (a panic follows). */
export interface WatchdogEvent extends EventBase {
  readonly kind: 'watchdog';
}

/** `Starting inference with prompt length: 4` of the seeds' firmware. */
export interface SeedStartedEvent extends EventBase {
  readonly kind: 'seed-started';
  readonly promptTokens: number;
}

/** `Generated tokens: 1234 5678`; a generation may take several such lines. */
export interface SeedTokensEvent extends EventBase {
  readonly kind: 'seed-tokens';
  readonly ids: readonly number[];
}

/** `Inference completed: 3 tokens in 1234 ms (2.43 tokens/sec)`. */
export interface SeedCompletedEvent extends EventBase {
  readonly kind: 'seed-completed';
  readonly tokens: number;
  readonly durationMs: number;
  /** Tokens per second as printed, all tokens over all time; absent when the board printed no number. */
  readonly rate?: number;
}

/** Anything else: blank lines, plain prints, wrong baud rates, half lines, invalid UTF-8, overlong lines. */
export interface NoiseEvent extends EventBase {
  readonly kind: 'noise';
}

export type LogEvent =
  | RecordEvent
  | TornEvent
  | LogLineEvent
  | BootEvent
  | RomEvent
  | LoaderWaitingEvent
  | ImageFaultEvent
  | PanicEvent
  | BrownoutEvent
  | WatchdogEvent
  | SeedStartedEvent
  | SeedTokensEvent
  | SeedCompletedEvent
  | NoiseEvent;
