import type { FailureClass } from '../errors.js';

export type Verdict = 'pass' | FailureClass;

/** Exit codes of every command (DESIGN "Verdicts"). */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  pass: 0,
  'product-fail': 1,
  'config-error': 2,
  'infra-fail': 3,
  'harness-bug': 4,
  inconclusive: 5,
};

/** Worst first: with several failures at once, the first of these that occurs is the verdict. */
const PRECEDENCE: readonly FailureClass[] = [
  'harness-bug',
  'config-error',
  'infra-fail',
  'product-fail',
  'inconclusive',
];

export function combineVerdicts(classes: Iterable<Verdict>): Verdict {
  const present = new Set(classes);
  return PRECEDENCE.find((candidate) => present.has(candidate)) ?? 'pass';
}

/** One reason why a run did not pass. */
export interface Failure {
  readonly class: FailureClass;
  readonly message: string;
  /** Absent when it concerns every board of the run. */
  readonly board?: string;
  /** Where to look: a file of the run folder, a log line, or the values concerned. */
  readonly evidence?: string;
}
