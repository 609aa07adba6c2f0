import { total } from '../stats/mean.js';
import { topToken } from './largest-logits.js';

/** How far a test's logits are from the reference's at one position. */
export interface LogitsComparison {
  /** The largest absolute difference of a logit. */
  readonly maxAbsDelta: number;
  /** KL(P_reference || P_test) of the two softmax distributions, binary64, nats; never clamped. */
  readonly klDivergence: number;
  /** Both have the same most probable token (the lowest id among equals). */
  readonly topTokenEqual: boolean;
}

/** A position of a text whose true next token is known. Log-probabilities in binary64, nats. */
export interface PositionQuality extends LogitsComparison {
  readonly referenceLogProbability: number;
  readonly testLogProbability: number;
}

/** Absent when there is nothing to compare: not the same length, empty, or a logit that is not finite. */
export function compareLogits(reference: Float32Array, test: Float32Array): LogitsComparison | undefined {
  return comparePair(reference, test)?.comparison;
}

/** `compareLogits`, and what each thinks of the true token. Absent likewise, or when `trueId` is not in the vocabulary. */
export function comparePosition(
  reference: Float32Array,
  test: Float32Array,
  trueId: number,
): PositionQuality | undefined {
  const pair = comparePair(reference, test);
  const referenceLogit = reference[trueId];
  const testLogit = test[trueId];
  if (pair === undefined || referenceLogit === undefined || testLogit === undefined) return undefined;
  return {
    ...pair.comparison,
    referenceLogProbability: referenceLogit - pair.referenceNorm,
    testLogProbability: testLogit - pair.testNorm,
  };
}

interface ComparedPair {
  readonly comparison: LogitsComparison;
  readonly referenceNorm: number;
  readonly testNorm: number;
}

function comparePair(reference: Float32Array, test: Float32Array): ComparedPair | undefined {
  if (reference.length === 0 || reference.length !== test.length) return undefined;
  if (!allFinite(reference) || !allFinite(test)) return undefined;
  const referenceNorm = logSumExp(reference);
  const testNorm = logSumExp(test);
  let maxAbsDelta = 0;
  for (let id = 0; id < reference.length; id++) {
    const delta = Math.abs(reference[id]! - test[id]!);
    if (delta > maxAbsDelta) maxAbsDelta = delta;
  }
  const probabilities = probabilitiesOf(reference, referenceNorm);
  const klDivergence = klDivergenceOf(
    { logits: reference, norm: referenceNorm, probabilities },
    test,
    testNorm,
  );
  const topTokenEqual = topToken(reference) === topToken(test);
  return { comparison: { maxAbsDelta, klDivergence, topTokenEqual }, referenceNorm, testNorm };
}

/** A reference's logits after one position, with what is the same in every comparison with them. */
export interface Reference {
  /** (vocab) */
  readonly logits: Float32Array;
  /** Their `logSumExp`. */
  readonly norm: number;
  /** (vocab), of `probabilitiesOf`. */
  readonly probabilities: Float64Array;
}

/** Softmax in binary64: (vocab), into `probabilities` when given. */
export function probabilitiesOf(
  logits: Float32Array,
  norm: number,
  probabilities: Float64Array = new Float64Array(logits.length),
): Float64Array {
  for (let id = 0; id < logits.length; id++) probabilities[id] = Math.exp(logits[id]! - norm);
  return probabilities;
}

/** That of `LogitsComparison`; not finite when a logit of the test (vocab, like the reference's) is not. */
export function klDivergenceOf(
  { logits, norm, probabilities }: Reference,
  test: Float32Array,
  testNorm = logSumExp(test),
): number {
  const offset = norm - testNorm;
  const terms = new Float64Array(logits.length);
  for (let id = 0; id < logits.length; id++)
    terms[id] = probabilities[id]! * (logits[id]! - test[id]! - offset);
  return total(terms);
}

/** A plain loop: this runs over whole vocabularies, a callback for each element costs ten times as much. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

/** ln(sum of exp(logits)) in binary64, without overflow. */
export function logSumExp(logits: Float32Array): number {
  const m = logits[topToken(logits)]!;
  const terms = new Float64Array(logits.length);
  for (let id = 0; id < logits.length; id++) terms[id] = Math.exp(logits[id]! - m);
  return m + Math.log(total(terms));
}
