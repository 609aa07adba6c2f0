import type { Measurement } from './measure.js';
import type { ModelledLimits, Plan } from './plan.js';
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
  readonly layerBytes: number;
  readonly embedBytes: number;
  readonly residentBytes: number;
  readonly bounceBytes: number;
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
  readonly verdict: Verdict;
  readonly model: Plan['model'] & { readonly format: string; readonly strategy?: string };
  /** `firmware` names another project's, which does not speak the bench protocol. */
  readonly build: { readonly id: string; readonly firmware?: string };
  readonly boards: readonly {
    readonly id: string;
    readonly mac: string;
    readonly link: string;
    readonly clock: string;
    /** Of virtual boards: what their cost table lets through. */
    readonly limits?: ModelledLimits;
  }[];
  readonly expectations: readonly ResultExpectation[];
  readonly generations: readonly ResultGeneration[];
  readonly conformity: readonly ResultConformity[];
  readonly measurements: readonly (Omit<Measurement, 'prompt'> & { readonly prompt?: string })[];
  readonly memory: readonly ResultMemory[];
  readonly failures: readonly Failure[];
}
