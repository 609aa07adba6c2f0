import type { CheckOutcomes } from './check-outcomes.js';
import type { Comparison, LogitsDifference } from './comparison.js';
import { describeExpectation, type Expectation } from './expectation.js';
import type { GenerationFacts } from './generation.js';
import type { Measurement, Sample } from './measure.js';
import { definitionOf } from './measurement-catalogue.js';
import type { Plan } from './plan.js';
import { formatQuantity } from './quantity.js';
import type { Failure, Verdict } from './verdict.js';

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
}

export interface Outcome {
  readonly expectation: Expectation;
  readonly title: string;
  /** `pass`, `product-fail`, or `inconclusive` when there is too little to say. */
  readonly verdict: Extract<Verdict, 'pass' | 'product-fail' | 'inconclusive'>;
  /** Why not, in one line; absent on pass. */
  readonly message?: string;
}

/** Judges one expectation. Pure; too little data is `inconclusive`, never a pass. */
export function judge(expectation: Expectation, evidence: Evidence): Outcome {
  const title = describeExpectation(expectation);
  const gap = missingData(evidence);
  const found = ruling(expectation, evidence);
  if (found !== undefined) return { expectation, title, ...found };
  if (gap !== undefined) return { expectation, title, verdict: 'inconclusive', message: gap };
  return { expectation, title, verdict: 'pass' };
}

type Ruling = Pick<Outcome, 'verdict' | 'message'>;

const fails = (message: string): Ruling => ({ verdict: 'product-fail', message });
const lacks = (message: string): Ruling => ({ verdict: 'inconclusive', message });

function ruling(expectation: Expectation, evidence: Evidence): Ruling | undefined {
  switch (expectation.kind) {
    case 'tokens-equal-reference':
      return judgeTokens(evidence);
    case 'logits-equal-reference':
      return judgeLogits(evidence);
    case 'exact-identical':
      return judgeIdentity(evidence);
    case 'at-most':
    case 'at-least':
    case 'equals':
      return judgeBound(expectation, evidence);
    case 'text-begins':
      return judgeText(expectation, evidence);
    case 'custom':
      return judgeCustom(expectation, evidence);
  }
}

/** What was planned but did not come, or undefined when everything came. */
function missingData({ plan, generations }: Evidence): string | undefined {
  const planned = plan.boards.length * plan.prompts.length * plan.repeats;
  if (generations.length < planned) return `${generations.length} of ${planned} generations were completed`;
  const torn = generations.find((generation) => generation.missing.length > 0);
  if (torn !== undefined) {
    return `${name(torn, plan)}: ${torn.missing.length} token records did not arrive intact`;
  }
  return describeContradiction(generations, plan);
}

/** The first generation whose log contradicts itself, or undefined. */
export function describeContradiction(
  generations: readonly GenerationFacts[],
  plan: Plan,
): string | undefined {
  const wrong = generations.find((one) => one.contradictions !== undefined && one.contradictions.length > 0);
  if (wrong === undefined) return undefined;
  return `${name(wrong, plan)}: the log contradicts itself: it ${wrong.contradictions!.join('; it ')}`;
}

/** Why a run with a foreign firmware cannot tell how it stands against the reference. */
function withoutReference({ foreign }: Plan): Ruling | undefined {
  return foreign === undefined ? undefined : lacks('a foreign firmware is not compared with the reference');
}

interface Addressed {
  readonly board: string;
  readonly prompt: number;
  readonly repeat: number;
}

function name({ board, prompt, repeat }: Addressed, plan: Plan): string {
  return `${board}, ${JSON.stringify(plan.prompts[prompt]?.text ?? prompt)}, repeat ${repeat}`;
}

function judgeTokens({ comparisons, plan }: Evidence): Ruling | undefined {
  const absent = withoutReference(plan);
  if (absent !== undefined) return absent;
  const wrong = comparisons.find((one) => one.firstTokenDifference !== undefined);
  const difference = wrong?.firstTokenDifference;
  if (wrong === undefined || difference === undefined) return undefined;
  const { step, board, reference } = difference;
  const said = board === undefined ? 'ended' : `made token ${board}`;
  const wanted = reference === undefined ? 'the reference ended' : `the reference made ${reference}`;
  return fails(`${name(wrong, plan)}: step ${step} ${said}, ${wanted}`);
}

function judgeLogits({ comparisons, plan, diagnoses }: Evidence): Ruling | undefined {
  const absent = withoutReference(plan);
  if (absent !== undefined) return absent;
  const wrong = comparisons.find((one) => one.logitsEqual === false);
  if (wrong === undefined) {
    return comparisons.some((one) => one.logitsEqual === undefined)
      ? lacks('the run took no logits CRCs; ask for `logits: crc`')
      : undefined;
  }
  const difference = wrong.firstLogitsDifference;
  if (difference === undefined) return fails(`${name(wrong, plan)}: the tokens differ`);
  const { step, board, reference } = difference;
  const diagnosis = diagnoses.find((one) => one.board === wrong.board && one.prompt === wrong.prompt);
  const detail = diagnosis === undefined ? '' : `; ${describeDifference(diagnosis)}`;
  return fails(
    `${name(wrong, plan)}: logits differ first at step ${step} (CRC ${board}, reference ${reference})${detail}`,
  );
}

function describeDifference({ maxAbsDelta, klDivergence, topTokenEqual }: LogitsDifference): string {
  const top = topTokenEqual ? 'same top token' : 'another top token';
  return `max |delta logit| ${maxAbsDelta.toPrecision(3)}, KL ${klDivergence.toPrecision(3)}, ${top}`;
}

function judgeIdentity({ samples, generations, plan }: Evidence): Ruling | undefined {
  if (plan.repeats < 2) return lacks('one repeat has nothing to be identical with');
  const first = new Map<string, Sample>();
  for (const sample of samples) {
    if (sample.repeat === undefined || definitionOf(sample.name).kind !== 'exact') continue;
    const place = `${sample.board}|${sample.prompt}|${sample.name}`;
    const earlier = first.get(place);
    if (earlier === undefined) first.set(place, sample);
    else if (earlier.value !== sample.value) {
      const { label } = definitionOf(sample.name);
      const where = name({ ...sample, prompt: sample.prompt ?? 0, repeat: sample.repeat }, plan);
      return fails(
        `${where}: ${label} is ${sample.value}, at repeat ${earlier.repeat} it was ${earlier.value}`,
      );
    }
  }
  return judgeSequences(generations, plan);
}

function judgeSequences(generations: readonly GenerationFacts[], plan: Plan): Ruling | undefined {
  const first = new Map<string, GenerationFacts>();
  for (const generation of generations) {
    const place = `${generation.board}|${generation.prompt}`;
    const earlier = first.get(place);
    if (earlier === undefined) first.set(place, generation);
    else if (earlier.tokensCrc !== generation.tokensCrc || earlier.logitsCrc !== generation.logitsCrc) {
      return fails(`${name(generation, plan)}: tokens or logits differ from repeat ${earlier.repeat}`);
    }
  }
  const unknown = generations.find((generation) => generation.tokensCrc === undefined);
  return unknown === undefined ? undefined : lacks(`${name(unknown, plan)}: its log gives no token ids`);
}

const HOLDS = {
  'at-most': (value: number, bound: number) => value <= bound,
  'at-least': (value: number, bound: number) => value >= bound,
  equals: (value: number, bound: number) => value === bound,
} as const;

function judgeBound(
  expectation: Extract<Expectation, { bound: number }>,
  evidence: Evidence,
): Ruling | undefined {
  const { kind, measurement, bound } = expectation;
  const { label, unit } = definitionOf(measurement);
  const concerned = evidence.measurements.filter((one) => one.name === measurement);
  if (concerned.length === 0) return lacks(`${label} was not measured`);
  const wrong = concerned.find((one) => !HOLDS[kind](one.value, bound));
  if (wrong === undefined) return undefined;
  const prompt =
    wrong.prompt === undefined ? '' : `, ${JSON.stringify(evidence.plan.prompts[wrong.prompt]?.text)}`;
  return fails(`${wrong.board}${prompt}: ${label} is ${formatQuantity(wrong.value, unit)}`);
}

function judgeText(
  expectation: Extract<Expectation, { kind: 'text-begins' }>,
  { plan, generations, texts }: Evidence,
): Ruling | undefined {
  const prompt = plan.prompts.findIndex((one) => one.text === expectation.prompt);
  if (prompt < 0) return lacks(`the run has no prompt ${JSON.stringify(expectation.prompt)}`);
  const concerned = generations
    .map((generation, index) => ({ generation, text: texts[index] }))
    .filter(({ generation }) => generation.prompt === prompt);
  const wrong = concerned.find(({ text }) => text?.startsWith(expectation.text) === false);
  if (wrong !== undefined)
    return fails(`${name(wrong.generation, plan)}: continued ${JSON.stringify(wrong.text)}`);
  const unknown = concerned.find(({ text }) => text === undefined);
  return unknown === undefined
    ? undefined
    : lacks(`${name(unknown.generation, plan)}: its log gives no text`);
}

function judgeCustom(
  { title, sha256 }: Extract<Expectation, { kind: 'custom' }>,
  { checks }: Evidence,
): Ruling | undefined {
  const check = checks.find((one) => one.title === title && one.sha256 === sha256);
  if (check === undefined) return lacks('it did not run');
  return check.passed ? undefined : fails(check.message ?? 'it did not hold');
}

/** The failures that a set of outcomes amounts to. */
export function failuresOf(outcomes: readonly Outcome[]): Failure[] {
  return outcomes.flatMap(({ verdict, title, message }) =>
    verdict === 'pass' ? [] : [{ class: verdict, message: `${title}: ${message}` }],
  );
}
