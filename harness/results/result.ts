import type { FailureClass } from '../errors.js';
import type { Labels } from './labels.js';
import type { Measurement } from './measure.js';
import type { MeasurementName } from './measurement-catalogue.js';
import type { ModelledLimits, Plan } from './plan.js';
import type { ReferenceQuality } from './reference-quality.js';
import type { Failure, Verdict } from './verdict.js';

/** A generation in the result: what a reader of the JSON wants to know of it. A foreign firmware may not say all of it. */
export interface ResultGeneration {
  readonly board: string;
  readonly prompt: string;
  readonly repeat: number;
  readonly promptTokens?: number;
  readonly tokens?: readonly number[];
  readonly text?: string;
  /** Absent when the run has no reference. */
  readonly referenceEqual?: boolean;
  /** Absent when the run took no logits CRCs. */
  readonly logitsEqual?: boolean;
  /** What was measured of it, in the units of the catalogue. Absent in results of older versions. */
  readonly measured?: Readonly<Partial<Record<MeasurementName, number>>>;
}

/** Per prompt, how the board's logits stand against the reference's. */
export interface ResultConformity {
  readonly board: string;
  readonly prompt: string;
  readonly tokensEqual: number;
  readonly tokensTotal: number;
  readonly logitsEqual?: boolean;
  /** Absent without a screen; with one, at how many of the compared steps only the chosen token's logit was computed. */
  readonly winnersCompared?: { readonly steps: number; readonly of: number };
  /** First step whose logits differ. */
  readonly firstDifference?: number;
  /** Zero when all logits are equal to the bit; absent when they differ and were not fetched, or were not all computed. */
  readonly maxAbsDelta?: number;
  /** KL(reference || board) in nats, at the first step that differs. */
  readonly klDivergence?: number;
  readonly topTokenEqual?: boolean;
}

/** Bytes of the firmware's buffers, as it reported them. */
export interface ResultMemory {
  readonly board: string;
  readonly psramBytes: number;
  readonly heapBytes: number;
  readonly context: number;
  readonly components: Readonly<Record<string, number>>;
  /** How the model ran and what of it was resident; absent with firmware that does not say. */
  readonly placement?: ResultPlacement;
}

/** The board's `place` record (firmware/PROTOCOL.md). Bytes are those resident; 0 on the card. */
export interface ResultPlacement {
  readonly strategy: string;
  readonly batch: number;
  readonly screen: string;
  readonly head: string;
  readonly layers: string;
  readonly embed: string;
  readonly headBytes: number;
  readonly screenBytes: number;
  /** Only when a screen had no room in PSRAM: the longest context that would leave it room; 0 when none does. */
  readonly screenContext?: number;
  readonly layerBytes: number;
  readonly embedBytes: number;
  readonly residentBytes: number;
  readonly bounceBytes: number;
}

/** One attempt of one board, those that failed included. What it did not come to is absent. */
export interface ResultAttempt {
  readonly board: string;
  /** From 1. */
  readonly attempt: number;
  readonly startedAt: string;
  readonly flash?: {
    readonly elapsedMs: number;
    readonly bytesWritten: number;
    readonly bytesSkipped: number;
    /** Major * 100 + minor, such as 301. */
    readonly chipRevision?: number;
  };
  readonly provision?: {
    readonly mode: string;
    readonly elapsedUs?: number;
    /** Payload. */
    readonly bytesSent?: number;
    /** With framing and what was sent again. */
    readonly wireBytes?: number;
    /** Payload over the wire's limit, 0 .. 1. */
    readonly wireEfficiency?: number;
  };
  readonly loadUs?: number;
  /** Absent when the capture of an attempt that was tried again cannot be read any more. */
  readonly uart?: {
    readonly bytes: number;
    /** Machine lines that arrived damaged; absent for a firmware that sends none. */
    readonly torn?: number;
  };
  /** Generations that were made again. */
  readonly remade?: number;
  readonly failure?: { readonly class: FailureClass; readonly code?: string; readonly message: string };
}

export interface ResultExpectation {
  readonly title: string;
  readonly verdict: Verdict;
  readonly message?: string;
}

/** `result.json`, and what `--json` prints. Derived: `tokenrack replay` makes the same from the run folder. */
export interface RunResult {
  readonly run: {
    readonly id: string;
    readonly folder: string;
    readonly startedAt: string;
    readonly title: string;
  };
  /** Like all that results of older versions lack, optional. */
  readonly labels?: Labels;
  readonly verdict: Verdict;
  readonly model: Plan['model'] & { readonly format: string; readonly strategy?: string };
  /** `firmware` names another project's, which does not speak the bench protocol. */
  readonly build: { readonly id: string; readonly firmware?: string };
  readonly boards: readonly {
    readonly id: string;
    readonly mac: string;
    readonly link: string;
    readonly clock: string;
    /** Absent when no attempt came to reading it. */
    readonly chipRevision?: number;
    /** Of virtual boards: what their cost table lets through. */
    readonly limits?: ModelledLimits;
  }[];
  /** Absent when the model is inside a foreign firmware. */
  readonly card?: { readonly bytes: number };
  readonly attempts?: readonly ResultAttempt[];
  /** Absent when the run did not compare its format with float32. */
  readonly quality?: ReferenceQuality;
  readonly expectations: readonly ResultExpectation[];
  readonly generations: readonly ResultGeneration[];
  readonly conformity: readonly ResultConformity[];
  readonly measurements: readonly (Omit<Measurement, 'prompt'> & { readonly prompt?: string })[];
  readonly memory: readonly ResultMemory[];
  readonly failures: readonly Failure[];
}
