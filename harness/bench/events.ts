import type { LeaseOwner } from '../lease/lease.js';
import type { Rounding } from '../model/read-packed.js';
import type { RecoveryReport } from '../rack/recovery/report.js';
import type { Plan } from '../results/plan.js';
import type { Failure } from '../results/verdict.js';

/** What happens during a run, for whoever shows it. Events carry facts and no formatting; nothing waits for a listener. */
export type BenchEvent =
  | { readonly type: 'planned'; readonly plan: Plan; readonly runFolder: string }
  /** The model was in codes already, and this run's are others. */
  | ({ readonly type: 'rounded'; readonly model: string } & Rounding)
  | { readonly type: 'reference'; readonly done: number; readonly total: number }
  /** Of the comparison with float32, in prompts; only when the run makes one. */
  | { readonly type: 'quality'; readonly done: number; readonly total: number }
  /** In line for a board; told again when that changes, and now and then. As `Waiting` (harness/lease). */
  | {
      readonly type: 'waiting';
      readonly board: string;
      readonly position: number;
      readonly holder: LeaseOwner | undefined;
      readonly estimateMs?: number;
    }
  | { readonly type: 'attempt'; readonly board: string; readonly attempt: number }
  | {
      readonly type: 'flash';
      readonly board: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
    }
  | {
      readonly type: 'flashed';
      readonly board: string;
      readonly elapsedMs: number;
      readonly skippedBytes: number;
      readonly writtenBytes: number;
    }
  | { readonly type: 'booted'; readonly board: string; readonly build: string }
  /** The card is being given its content. */
  | { readonly type: 'provisioning'; readonly board: string }
  | { readonly type: 'loading'; readonly board: string }
  | { readonly type: 'loaded'; readonly board: string; readonly elapsedUs: number }
  | { readonly type: 'generation'; readonly board: string; readonly prompt: number; readonly repeat: number }
  | {
      readonly type: 'token';
      readonly board: string;
      readonly prompt: number;
      readonly repeat: number;
      readonly id: number;
      /** When it was made, by the board's clock: microseconds since its generation was acknowledged. */
      readonly us: number;
      readonly bytes: Uint8Array;
    }
  /** The whole text of a generation, from a firmware that does not say it token by token. */
  | {
      readonly type: 'text';
      readonly board: string;
      readonly prompt: number;
      readonly repeat: number;
      readonly text: string;
    }
  | {
      readonly type: 'generated';
      readonly board: string;
      readonly prompt: number;
      readonly repeat: number;
      readonly tokens: readonly number[];
    }
  | { readonly type: 'failure'; readonly failure: Failure }
  /** A rung of the recovery ladder was tried. */
  | ({ readonly type: 'recovery'; readonly board: string } & RecoveryReport)
  /** The board is in quarantine: it was used because somebody named it, or it came there by this run. */
  | { readonly type: 'quarantined'; readonly board: string; readonly reason: string };

export type BenchListener = (event: BenchEvent) => void;
