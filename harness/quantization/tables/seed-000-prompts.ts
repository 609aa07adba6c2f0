import type { ValidationReport } from '../validation-report.js';
import { type Claim, checkClaim } from './claim.js';
import { right, type TableSection } from './section.js';

/** Seed 000, "Quantization Accuracy". */
export const SEED_000_PROMPTS = [
  { prompt: 'Hello, how are you?', top: false, delta: 13.97, kl: 6.38, status: 'Some degradation' },
  { prompt: 'The quick brown fox', top: false, delta: 14.58, kl: 4.87, status: 'Some degradation' },
  { prompt: 'In a hole in the ground', top: false, delta: 26.66, kl: 10.43, status: 'High degradation' },
  { prompt: 'Once upon a time', top: true, delta: 18.78, kl: 2.63, status: 'Good match' },
  { prompt: 'The future of AI is', top: false, delta: 18.76, kl: 6.28, status: 'Some degradation' },
] as const;

/** Seed 000's words for a prompt, by the rule that all five of its rows follow. */
export const STATUS_RULE =
  'status, by the rule that all rows of the seed follow: the same top token is a good match, another one some degradation, with a KL above 10 high degradation';

/** A prompt's status in the words of seed 000. */
export function promptStatus(topTokenEqual: boolean, klDivergence: number): string {
  if (topTokenEqual) return 'Good match';
  return klDivergence > 10 ? 'High degradation' : 'Some degradation';
}

/** Five prompts, by the seed, by its quantizer and by rows. */
export function promptSection(
  model: string,
  naive: ValidationReport | undefined,
  byRows: ValidationReport | undefined,
): TableSection {
  const rows = SEED_000_PROMPTS.map((seed) => [
    JSON.stringify(seed.prompt),
    mark(seed.top),
    seed.delta.toFixed(2),
    seed.kl.toFixed(2),
    seed.status,
    ...promptCells(naive, seed.prompt),
    ...promptCells(byRows, seed.prompt),
  ]);
  const side = (name: string) => [
    { head: `${name}: top` },
    right('max |d logit|'),
    right('KL, nats'),
    { head: 'status' },
  ];
  return {
    title: `Seed 000, quantization accuracy: ${model}`,
    columns: [{ head: 'prompt' }, ...side('seed'), ...side('int8 naive'), ...side('int8 per row')],
    rows: [...rows, totals(naive, byRows)],
    claims: [
      topTokens("int8 naive (the seed's quantizer)", naive),
      topTokens('int8 per row', byRows),
      divergence("int8 naive (the seed's quantizer)", naive),
      divergence('int8 per row', byRows),
    ],
    notes: [
      STATUS_RULE,
      `the seed does not say which weights it ran: figures of ${model} are of this model, on the same prompts, at the prompt's last position`,
    ],
  };
}

function promptCells(report: ValidationReport | undefined, prompt: string): string[] {
  const found = report?.quality.prompts.find((one) => one.prompt === prompt);
  if (found === undefined) return ['', '', '', ''];
  const { topTokenEqual, maxAbsDelta, klDivergence } = found;
  return [
    mark(topTokenEqual),
    maxAbsDelta.toFixed(2),
    nats(klDivergence),
    promptStatus(topTokenEqual, klDivergence),
  ];
}

function totals(naive: ValidationReport | undefined, byRows: ValidationReport | undefined): string[] {
  const cells = (report: ValidationReport | undefined) =>
    report === undefined
      ? ['', '', '', '']
      : [`${equalTops(report)} of ${promptCount(report)}`, '', nats(meanKl(report)), ''];
  const mean = SEED_000_PROMPTS.reduce((sum, { kl }) => sum + kl, 0) / SEED_000_PROMPTS.length;
  return ['all, mean KL', '1 of 5', '', mean.toFixed(2), '', ...cells(naive), ...cells(byRows)];
}

function topTokens(where: string, report: ValidationReport | undefined): Claim {
  return checkClaim({
    where,
    claim: 'Top Token Matching: 1 out of 5 prompts matched exactly, which is acceptable',
    rule: { rule: 'between', from: 1, to: 1 },
    basis: 'measured',
    measured: report === undefined ? undefined : equalTops(report),
    show: (value) => `${value} of ${report === undefined ? 5 : promptCount(report)}`,
  });
}

function divergence(where: string, report: ValidationReport | undefined): Claim {
  return checkClaim({
    where,
    claim: 'KL divergences of 2-10 are reasonable for int8 quantization',
    rule: { rule: 'between', from: 2, to: 10.43 },
    basis: 'measured',
    measured: report === undefined ? undefined : meanKl(report),
    show: (value) => `${nats(value)} nats`,
    note: 'mean over the prompts',
  });
}

function equalTops({ quality }: ValidationReport): number {
  return seedPrompts(quality).filter(({ topTokenEqual }) => topTokenEqual).length;
}

function promptCount({ quality }: ValidationReport): number {
  return seedPrompts(quality).length;
}

function meanKl({ quality }: ValidationReport): number {
  const some = seedPrompts(quality);
  return some.reduce((sum, { klDivergence }) => sum + klDivergence, 0) / some.length;
}

function seedPrompts({ prompts: all }: ValidationReport['quality']): ValidationReport['quality']['prompts'] {
  return all.filter(({ prompt }) => SEED_000_PROMPTS.some((seed) => seed.prompt === prompt));
}

function mark(equal: boolean): string {
  return equal ? 'same' : 'other';
}

function nats(value: number): string {
  return value >= 1 ? value.toFixed(2) : value.toPrecision(2);
}
