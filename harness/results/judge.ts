import { addressOf, type Evidence } from './evidence.js';
import { describeExpectation, type Expectation } from './expectation.js';
import type { GenerationFacts } from './generation.js';
import { judgeIdentity } from './judge-identity.js';
import { judgeLogits, judgeTokens } from './judge-reference.js';
import { definitionOf } from './measurement-catalogue.js';
import type { Plan } from './plan.js';
import { formatQuantity } from './quantity.js';
import { fails, lacks, type Ruling } from './ruling.js';

export interface Outcome extends Ruling {
  readonly expectation: Expectation;
  readonly title: string;
}

/** Judges one expectation. Pure; too little data is `inconclusive`, never a pass. */
export function judge(expectation: Expectation, evidence: Evidence): Outcome {
  const title = describeExpectation(expectation);
  const gap = missingData(evidence);
  const found = ruling(expectation, evidence);
  if (found !== undefined && found.verdict !== 'pass') return { expectation, title, ...found };
  if (gap !== undefined) return { expectation, title, verdict: 'inconclusive', message: gap };
  return { expectation, title, verdict: 'pass', ...found };
}

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
    return `${addressOf(torn, plan)}: ${torn.missing.length} token records did not arrive intact`;
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
  return `${addressOf(wrong, plan)}: the log contradicts itself: it ${wrong.contradictions!.join('; it ')}`;
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
    return fails(`${addressOf(wrong.generation, plan)}: continued ${JSON.stringify(wrong.text)}`);
  const unknown = concerned.find(({ text }) => text === undefined);
  return unknown === undefined
    ? undefined
    : lacks(`${addressOf(unknown.generation, plan)}: its log gives no text`);
}

function judgeCustom(
  { title, sha256 }: Extract<Expectation, { kind: 'custom' }>,
  { checks }: Evidence,
): Ruling | undefined {
  const check = checks.find((one) => one.title === title && one.sha256 === sha256);
  if (check === undefined) return lacks('it did not run');
  return check.passed ? undefined : fails(check.message ?? 'it did not hold');
}
