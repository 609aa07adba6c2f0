import { increase } from '../beside-naive.js';
import type { ValidationReport } from '../validation-report.js';

export interface AcceptanceFacts {
  /** ln(PPL build / PPL float32) over the test text, and its standard error. */
  readonly lnRatio: { readonly value: number; readonly standardError?: number | undefined };
  /** Of the test text, over which that was found. */
  readonly positions: number;
  /** Where one is given: the fall of its accuracy decides as well as perplexity. */
  readonly task?: TaskScore;
  /** Tokens/s over float32's, or why it was not measured. */
  readonly speed: { readonly ratio: number } | { readonly why: string };
  readonly size: {
    readonly buildBytes: number;
    readonly float16Bytes: number;
    /** Of the widest matrix; floats are their own width. */
    readonly widestBits: number;
  };
  /** Of all prompts, with the prompt's own words. */
  readonly faults: readonly string[];
}

export type TaskScore = NonNullable<ValidationReport['quality']['task']>;

export type Acceptance = ValidationReport['acceptance'];
type Rule = Acceptance['rules'][number];

const LARGEST_INCREASE = 0.02;
/** With so many the standard error is below 1% for the fixture's builds of 4 bits; 5 found one of them 2.6% better than float32. */
export const FEWEST_POSITIONS = 1000;
const LARGEST_ACCURACY_FALL = 0.02;
/** Of fewer, one is more than the two points that decide. */
const FEWEST_QUESTIONS = 50;
/** Standard errors above guessing from which on float32 can do a task. */
const ABOVE_CHANCE = 2;
const LEAST_SPEED = 1.5;
/** For scales, on top of the codes' share. */
const SCALES_PERCENT = 15;

/** Seed 003's rules of acceptance, as harness/quantization/QUANTIZATION.md has them: all must hold. */
export function judgeAcceptance(facts: AcceptanceFacts): Acceptance {
  const rules = [perplexityRule(facts), speedRule(facts), sizeRule(facts), generationRule(facts)];
  return { accepted: rules.every(({ passed }) => passed), rules };
}

/** A report's acceptance as it is judged now: older ones were accepted on any number of positions. What the other rules found stays. */
export function judgedNow({ quality, acceptance }: ValidationReport): Acceptance {
  const { text, perplexity, task } = quality;
  if (text.positions >= FEWEST_POSITIONS) return acceptance;
  const { lnRatio } = perplexity;
  const asked = task === undefined ? {} : { task };
  const perplexityNow = perplexityRule({ lnRatio, positions: text.positions, ...asked });
  const rules = acceptance.rules.map((one) => (one.rule === 'perplexity' ? perplexityNow : one));
  return { accepted: acceptance.accepted && perplexityNow.passed, rules };
}

/** The point value decides, over enough positions; its standard error says how far to trust that. */
function perplexityRule({
  lnRatio,
  positions,
  task,
}: Pick<AcceptanceFacts, 'lnRatio' | 'positions' | 'task'>): Rule {
  const { value, standardError: error } = lnRatio;
  const enough = positions >= FEWEST_POSITIONS;
  const asked = enough
    ? 'must be below +2%'
    : `undecided: ${positions} positions, at least ${FEWEST_POSITIONS.toLocaleString('en-US')} are asked`;
  const text = `perplexity ${increase(value)}${error === undefined ? '' : spread(value, error)}, ${asked}`;
  const passed = enough && Math.expm1(value) < LARGEST_INCREASE;
  if (task === undefined) return { rule: 'perplexity', passed, message: text };
  const change = `task accuracy ${signed(100 * (task.build - task.base))} points`;
  const why = whyUndecided(task);
  if (why !== undefined)
    return { rule: 'perplexity', passed, message: `${text}; ${change} decides nothing: ${why}` };
  const kept = task.base - task.build < LARGEST_ACCURACY_FALL;
  return {
    rule: 'perplexity',
    passed: passed || kept,
    message: `${text}; or ${change}, must fall by less than 2`,
  };
}

/** Too little data is never a pass. */
function whyUndecided({ questions, chance, base }: TaskScore): string | undefined {
  if (questions < FEWEST_QUESTIONS) return `${questions} questions, at least ${FEWEST_QUESTIONS} are needed`;
  const error = Math.sqrt((chance * (1 - chance)) / questions);
  if (base > chance + ABOVE_CHANCE * error) return undefined;
  const [found, guessed] = [base, chance].map((share) => `${(100 * share).toFixed(1)}%`);
  return `float32 answers ${found} right, guessing ${guessed}`;
}

function signed(points: number): string {
  return `${points < 0 ? '' : '+'}${points.toFixed(2)}`;
}

function speedRule({ speed }: AcceptanceFacts): Rule {
  if ('why' in speed) return { rule: 'speed', passed: false, message: `no speed: ${speed.why}` };
  const passed = speed.ratio >= LEAST_SPEED;
  const message = `${speed.ratio.toFixed(2)} times the tokens/s of float32, must be at least ${LEAST_SPEED}`;
  return { rule: 'speed', passed, message };
}

function sizeRule({ size: { buildBytes, float16Bytes, widestBits } }: AcceptanceFacts): Rule {
  const parts = widestBits > 4 ? 2 : 4;
  const limit = (float16Bytes * (100 + SCALES_PERCENT)) / (100 * parts);
  const smaller = (float16Bytes / buildBytes).toFixed(2);
  const message =
    `${buildBytes} bytes, ${smaller} times smaller than float16; at most 1/${parts} of it and 15% for scales: ` +
    `${Math.floor(limit)} bytes`;
  return { rule: 'size', passed: buildBytes <= limit, message };
}

function generationRule({ faults }: AcceptanceFacts): Rule {
  const passed = faults.length === 0;
  return { rule: 'generation', passed, message: passed ? 'no generation fault' : faults.join('; ') };
}

/** Beside percents only. */
function spread(lnRatio: number, standardError: number): string {
  if (lnRatio > Math.LN2) return '';
  return ` +- ${(100 * Math.exp(lnRatio) * standardError).toFixed(2)}%`;
}
