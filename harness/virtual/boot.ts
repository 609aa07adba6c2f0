import type { FlashChip } from './flash-chip.js';

export type ResetReason = 'poweron' | 'software' | 'panic' | 'watchdog' | 'brownout';

export interface BootReset {
  readonly reason: ResetReason;
}

/** A line the chip prints while it boots; `text` carries its own line ending. */
export interface BootLine {
  readonly text: string;
  /** Microseconds since the reset. */
  readonly atUs: number;
}

export interface BootedApp {
  /** The WebAssembly module from the app's DROM segment. */
  readonly wasm: Uint8Array;
  /** 64 hex digits. */
  readonly elfSha256: string;
  readonly version: string;
  readonly projectName: string;
  readonly idfVersion: string;
}

export interface BootResult {
  readonly log: readonly BootLine[];
  /** Present when an app started; its first instruction runs at `readyUs`. */
  readonly app?: BootedApp;
  readonly readyUs: number;
  /** Why nothing started, in one line. Absent when `app` is there. */
  readonly haltedBecause?: string;
  /** The chip's watchdog resets it again this long after the reset, when nothing started. */
  readonly resetsAgainAtUs?: number;
}

/** Boots what lies in flash, as mask ROM and ESP-IDF's second stage do. Pure: no clock, no output. */
export function bootFromFlash(_flash: FlashChip, _reset: BootReset): BootResult {
  throw new Error('boot is not written yet');
}

/** What the mask ROM prints when IO0 is low at reset. */
export function downloadModeLog(_reset: BootReset): BootLine[] {
  throw new Error('boot is not written yet');
}
