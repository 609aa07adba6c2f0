import type { CheckOutcomes } from './check-outcomes.js';
import type { Comparison, LogitsDifference } from './comparison.js';
import type { GenerationFacts } from './generation.js';
import type { Measurement, Sample } from './measure.js';
import type { Plan } from './plan.js';
import type { ReferenceQuality } from './reference-quality.js';
import type { ResultAttempt } from './result.js';

/** Everything a judgement rests on; all of it derived from the run folder. */
export interface Evidence {
  readonly plan: Plan;
  readonly generations: readonly GenerationFacts[];
  /** In the order of `generations`; empty when the run has no reference. */
  readonly comparisons: readonly Comparison[];
  readonly diagnoses: readonly LogitsDifference[];
  readonly samples: readonly Sample[];
  readonly measurements: readonly Measurement[];
  /** Text of each generation, in the order of `generations`, without the prompt; undefined where it is not known. */
  readonly texts: readonly (string | undefined)[];
  /** Custom assertions, as they came out when the scenario ran. */
  readonly checks: CheckOutcomes;
  /** Every attempt of every board, in their order. */
  readonly attempts: readonly ResultAttempt[];
  readonly quality?: ReferenceQuality;
}

/** As if the run had been on that board alone. */
export function evidenceOfBoard(board: string, evidence: Evidence): Evidence {
  const own = <T extends { readonly board: string }>(items: readonly T[]): T[] =>
    items.filter((item) => item.board === board);
  const { plan, generations, texts } = evidence;
  return {
    ...evidence,
    plan: { ...plan, boards: plan.boards.filter(({ id }) => id === board) },
    generations: own(generations),
    comparisons: own(evidence.comparisons),
    diagnoses: own(evidence.diagnoses),
    samples: own(evidence.samples),
    measurements: own(evidence.measurements),
    texts: texts.filter((_, index) => generations[index]?.board === board),
    attempts: own(evidence.attempts),
  };
}

interface Addressed {
  readonly board: string;
  readonly prompt: number;
  readonly repeat: number;
}

/** A generation's address for people. */
export function addressOf({ board, prompt, repeat }: Addressed, plan: Plan): string {
  return `${board}, ${JSON.stringify(plan.prompts[prompt]?.text ?? prompt)}, repeat ${repeat}`;
}
