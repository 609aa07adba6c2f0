import type { Generation } from './generation.js';
import type { ReferencePrompt } from './reference-run.js';

/** How one generation stands against the reference. */
export interface Comparison {
  readonly board: string;
  readonly prompt: number;
  readonly repeat: number;
  /** Tokens that equal the reference's, out of the longer of the two sequences. */
  readonly tokensEqual: number;
  readonly tokensTotal: number;
  readonly firstTokenDifference?: {
    readonly step: number;
    readonly board?: number;
    readonly reference?: number;
  };
  /** Absent when the run took no logits CRCs. */
  readonly logitsEqual?: boolean;
  readonly firstLogitsDifference?: {
    readonly step: number;
    readonly board: string;
    readonly reference: string;
  };
}

/** What the full logits say at the first step whose CRC differs: the diagnosis, never the verdict. */
export interface LogitsDifference {
  readonly board: string;
  readonly prompt: number;
  readonly step: number;
  readonly maxAbsDelta: number;
  /** KL(reference || board), nats. */
  readonly klDivergence: number;
  readonly topTokenEqual: boolean;
}

/** Compares step by step; beyond the first differing token logits are of other sequences and not compared. */
export function compareWithReference(generation: Generation, reference: ReferencePrompt): Comparison {
  const { board, prompt, repeat, tokens } = generation;
  const total = Math.max(tokens.length, reference.steps.length);
  const differing = steps(total).filter((step) => tokens[step]?.id !== reference.steps[step]?.id);
  return {
    board,
    prompt,
    repeat,
    tokensEqual: total - differing.length,
    tokensTotal: total,
    ...tokenDifference(generation, reference, differing[0]),
    ...compareLogits(generation, reference, differing[0]),
  };
}

function steps(count: number): number[] {
  return Array.from({ length: count }, (_, step) => step);
}

function tokenDifference(
  { tokens }: Generation,
  reference: ReferencePrompt,
  step: number | undefined,
): Pick<Comparison, 'firstTokenDifference'> {
  if (step === undefined) return {};
  const board = tokens[step]?.id;
  const wanted = reference.steps[step]?.id;
  return {
    firstTokenDifference: {
      step,
      ...(board === undefined ? {} : { board }),
      ...(wanted === undefined ? {} : { reference: wanted }),
    },
  };
}

function compareLogits(
  { tokens }: Generation,
  reference: ReferencePrompt,
  tokenDifferenceStep: number | undefined,
): Pick<Comparison, 'logitsEqual' | 'firstLogitsDifference'> {
  if (!tokens.some((token) => token.logitsCrc !== undefined)) return {};
  const comparable = Math.min(tokens.length, reference.steps.length, (tokenDifferenceStep ?? Infinity) + 1);
  const step = steps(comparable).find((at) => tokens[at]!.logitsCrc !== reference.steps[at]!.logitsCrc);
  if (step === undefined) return { logitsEqual: tokenDifferenceStep === undefined };
  const difference = {
    step,
    board: tokens[step]!.logitsCrc ?? 'none',
    reference: reference.steps[step]!.logitsCrc,
  };
  return { logitsEqual: false, firstLogitsDifference: difference };
}
