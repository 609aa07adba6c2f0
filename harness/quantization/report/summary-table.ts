import { compression, hundredTokensMs } from '../tables/build-facts.js';
import type { ValidationReport } from '../validation-report.js';
import { kindOf, markSvg } from './mark.js';
import { digits, escaped } from './markup.js';
import { shortName, storedBits } from './plots.js';

const RULES = ['perplexity', 'speed', 'size', 'generation'] as const;

const HEADS = [
  'bits/weight',
  'size',
  'from float16',
  'perplexity',
  'KL, nats',
  'same top token',
  'max |Δ logit|',
  'tokens/s',
  'ratio',
  '100 tokens',
  'peak PSRAM',
] as const;

/** All builds with their figures, the rules of acceptance and how each came out. */
export function summaryTable(reports: readonly ValidationReport[]): string {
  return [
    '<div class="wide"><table class="summary">',
    `<thead><tr><th scope="col">build</th>${HEADS.map((head) => `<th scope="col" class="n">${head}</th>`).join('')}`,
    `${RULES.map((rule) => `<th scope="col" class="rule">${rule}</th>`).join('')}<th scope="col">accepted</th></tr></thead>`,
    `<tbody>${baseRow(reports[0])}${reports.map(row).join('\n')}</tbody>`,
    '</table></div>',
  ].join('');
}

/** float32, which all are compared with. */
function baseRow(report: ValidationReport | undefined): string {
  if (report === undefined) return '';
  const { sizes, quality, speed, model } = report;
  const cells = [
    digits((8 * sizes.float32Bytes) / model.parameters, 3),
    megabytes(sizes.float32Bytes),
    times(sizes.float16Bytes / sizes.float32Bytes),
    digits(quality.perplexity.base, 4),
    '0',
    '100%',
    '0',
    ...(speed === undefined ? ['', '', '', ''] : speedCells(speed.base, 1)),
  ];
  return `<tr class="base"><th scope="row">float32</th>${numbers(cells)}<td colspan="${RULES.length + 1}" class="quiet">what the others are compared with</td></tr>`;
}

function row(report: ValidationReport): string {
  const { quality, sizes, acceptance, speed, unsupported } = report;
  const cells = [
    digits(storedBits(report), 3),
    megabytes(sizes.buildBytes),
    times(compression(report)),
    ratio(quality.perplexity),
    withError(quality.klDivergence),
    `${(100 * quality.topTokenAgreement).toFixed(1)}%`,
    digits(quality.maxAbsDelta, 3),
  ];
  const ran =
    speed === undefined
      ? `<td colspan="4" class="quiet">${escaped(unsupported ?? 'not run on a board')}</td>`
      : numbers(speedCells(speed.build, speed.ratio));
  const rules = RULES.map((rule) => ruleCell(acceptance.rules.find((one) => one.rule === rule)));
  const verdict = acceptance.accepted ? '<td class="yes">accepted</td>' : '<td class="no">no</td>';
  return `<tr><th scope="row">${legendMark(report)} ${escaped(shortName(report))}</th>${numbers(cells)}${ran}${rules.join('')}${verdict}</tr>`;
}

function legendMark(report: ValidationReport): string {
  const mark = markSvg(kindOf(report), 8, 8, report.acceptance.accepted);
  return `<svg class="key" viewBox="0 0 16 16" aria-hidden="true">${mark}</svg>`;
}

type Side = NonNullable<ValidationReport['speed']>['base'];

function speedCells(side: Side, ratioToBase: number): string[] {
  return [
    digits(side.tokensPerSecond, 3),
    times(ratioToBase),
    `${digits(hundredTokensMs(side) / 1000, 3)} s`,
    megabytes(side.peakPsramBytes),
  ];
}

function ruleCell(rule: ValidationReport['acceptance']['rules'][number] | undefined): string {
  if (rule === undefined) return '<td class="rule quiet" title="not judged">–</td>';
  const outcome = rule.passed ? ['yes', '✓', 'passed'] : ['no', '✗', 'failed'];
  return `<td class="rule ${outcome[0]}" title="${escaped(rule.message)}">${outcome[1]}<span class="hidden"> ${outcome[2]}</span></td>`;
}

/** Of many faults the first: the texts below name them all. */
function firstOf(message: string): string {
  const [first, ...others] = message.split('; "');
  return others.length === 0 ? message : `${first}; and ${others.length} more`;
}

/** The figure and the limit of every rule that a build failed. */
export function failedRules(reports: readonly ValidationReport[]): string {
  const lines = reports.flatMap((report) =>
    report.acceptance.rules
      .filter(({ passed }) => !passed)
      .map(
        ({ rule, message }) =>
          `<li><b>${escaped(shortName(report))}</b>, ${rule}: ${escaped(firstOf(message))}</li>`,
      ),
  );
  return lines.length === 0
    ? ''
    : `<h3>Why builds were not accepted</h3><ul class="why">${lines.join('\n')}</ul>`;
}

/** The change in percent, with its standard error; where it more than doubled, how many times. */
function ratio({ build, lnRatio }: ValidationReport['quality']['perplexity']): string {
  if (lnRatio.value > Math.LN2)
    return `${digits(build, 4)}<br><small>${times(Math.exp(lnRatio.value))}</small>`;
  const change = 100 * Math.expm1(lnRatio.value);
  const error =
    lnRatio.standardError === undefined
      ? ''
      : ` ± ${digits(100 * Math.exp(lnRatio.value) * lnRatio.standardError, 2)}`;
  return `${digits(build, 4)}<br><small>${change < 0 ? '−' : '+'}${digits(Math.abs(change), 3)}${error} %</small>`;
}

function withError({
  value,
  standardError,
}: {
  readonly value: number;
  readonly standardError?: number | undefined;
}): string {
  const error = standardError === undefined ? '' : `<br><small>± ${digits(standardError, 2)}</small>`;
  return `${digits(value, 3)}${error}`;
}

function numbers(cells: readonly string[]): string {
  return cells.map((cell) => `<td class="n">${cell}</td>`).join('');
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${digits(bytes / 1e3, 3)} KB` : `${digits(bytes / 1e6, 3)} MB`;
}

function times(value: number): string {
  return `${digits(value, 3)}×`;
}
