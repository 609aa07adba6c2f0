import { compression, hundredTokensMs } from '../tables/build-facts.js';
import type { ValidationReport } from '../validation-report.js';
import { kindOf, markSvg } from './mark.js';
import { digits, escaped } from './markup.js';
import { shortName, storedBits } from './plots.js';

interface Head {
  readonly name: string;
  /** What stands small below each figure. */
  readonly below?: string;
}

const HEADS: readonly Head[] = [
  { name: 'size', below: 'of float16' },
  { name: 'bits/weight' },
  { name: 'perplexity', below: 'change' },
  { name: 'KL, nats', below: 'std. error' },
  { name: 'same top token', below: 'max |Δ logit|' },
  { name: 'tokens/s', below: 'of float32' },
  { name: '100 tokens' },
  { name: 'peak PSRAM' },
];
const SPEED_CELLS = 3;

/** All builds: what came of each, and its figures. The accuracy of a task has a column where one was given. */
export function summaryTable(reports: readonly ValidationReport[]): string {
  const tasks = reports.some(({ quality }) => quality.task !== undefined);
  const heads = tasks ? [...HEADS, { name: 'task', below: 'of float32' }] : HEADS;
  return [
    '<div class="wide"><table class="summary">',
    `<thead><tr><th scope="col">build</th><th scope="col">accepted</th>${heads.map(headCell).join('')}</tr></thead>`,
    `<tbody>${baseRow(reports[0], tasks)}${reports.map((report) => row(report, tasks)).join('\n')}</tbody>`,
    '</table></div>',
  ].join('');
}

function headCell({ name, below }: Head): string {
  return `<th scope="col" class="n">${figure(name, below)}</th>`;
}

/** float32, which all are compared with. */
function baseRow(report: ValidationReport | undefined, tasks: boolean): string {
  if (report === undefined) return '';
  const { sizes, quality, speed, model } = report;
  const cells = [
    megabytes(sizes.float32Bytes),
    digits((8 * sizes.float32Bytes) / model.parameters, 3),
    digits(quality.perplexity.base, 4),
    '',
    '',
    ...(speed === undefined ? Array<string>(SPEED_CELLS).fill('') : speedCells(speed.base)),
    ...(tasks ? [quality.task === undefined ? '' : share(quality.task.base)] : []),
  ];
  return `<tr class="base"><th scope="row">float32</th><td class="quiet">reference</td>${numbers(cells)}</tr>`;
}

function row(report: ValidationReport, tasks: boolean): string {
  const { quality, sizes, speed, unsupported } = report;
  const cells = [
    figure(megabytes(sizes.buildBytes), `1/${digits(compression(report), 3)}`),
    digits(storedBits(report), 3),
    perplexity(quality.perplexity),
    figure(digits(quality.klDivergence.value, 3), errorOf(quality.klDivergence.standardError)),
    figure(share(quality.topTokenAgreement), digits(quality.maxAbsDelta, 3)),
  ];
  const ran =
    speed === undefined
      ? `<td colspan="${SPEED_CELLS}" class="quiet">${escaped(unsupported ?? 'not run on a board')}</td>`
      : numbers(speedCells(speed.build, speed.ratio));
  const task = tasks ? numbers([quality.task === undefined ? '' : share(quality.task.build)]) : '';
  return `<tr><th scope="row">${legendMark(report)} ${nameOf(report)}</th>${verdict(report)}${numbers(cells)}${ran}${task}</tr>`;
}

/** A mixture's name has only a hash of what it treats apart. */
function nameOf(report: ValidationReport): string {
  const apart = Object.entries(report.build.recipe?.exceptions ?? {}).map(
    ([pattern, what]) => `${pattern}: ${typeof what === 'string' ? what : `${what.bits} bits`}`,
  );
  const name = escaped(shortName(report));
  return apart.length === 0 ? name : `${name}<br><small class="apart">${escaped(apart.join(', '))}</small>`;
}

function legendMark(report: ValidationReport): string {
  const mark = markSvg(kindOf(report), 8, 8, report.acceptance.accepted);
  return `<svg class="key" viewBox="0 0 16 16" aria-hidden="true">${mark}</svg>`;
}

type Side = NonNullable<ValidationReport['speed']>['base'];

function speedCells(side: Side, ratioToBase?: number): string[] {
  return [
    figure(
      digits(side.tokensPerSecond, 3),
      ratioToBase === undefined ? undefined : `${digits(ratioToBase, 3)}×`,
    ),
    `${digits(hundredTokensMs(side) / 1000, 3)} s`,
    megabytes(side.peakPsramBytes),
  ];
}

function verdict({ acceptance }: ValidationReport): string {
  if (acceptance.accepted) return '<td class="yes">✓ yes</td>';
  const failed = acceptance.rules.filter(({ passed }) => !passed).map(({ rule }) => rule);
  return `<td class="no">✗ no<br><small>${failed.join(', ')}</small></td>`;
}

/** Of many faults the first: the texts below name them all. */
function firstOf(message: string): string {
  const [first, ...others] = message.split('; "');
  return others.length === 0 ? message : `${first}; and ${others.length} more`;
}

/** The figure and the limit of every rule that a build failed. */
export function failedRules(reports: readonly ValidationReport[]): string {
  const lines = reports.flatMap((report) => {
    const failed = report.acceptance.rules.filter(({ passed }) => !passed);
    if (failed.length === 0) return [];
    const rules = failed.map(({ rule, message }) => `${said(rule, message)}`).join('<br>');
    return [`<dt>${escaped(shortName(report))}</dt><dd>${rules}</dd>`];
  });
  return lines.length === 0
    ? ''
    : `<h3>Why builds were not accepted</h3><dl class="facts why">${lines.join('\n')}</dl>`;
}

/** Messages that begin with their rule's name need it only once. */
function said(rule: string, message: string): string {
  const text = firstOf(message).replaceAll('+-', '±');
  return escaped(text.startsWith(`${rule} `) ? text : `${rule}: ${text}`);
}

/** The change in percent, with its standard error; where it more than doubled, how many times. */
function perplexity({ build, lnRatio }: ValidationReport['quality']['perplexity']): string {
  const times = Math.exp(lnRatio.value);
  if (lnRatio.value > Math.LN2) return figure(digits(build, 4), `${digits(times, 3)}×`);
  const change = 100 * Math.expm1(lnRatio.value);
  const error =
    lnRatio.standardError === undefined ? '' : ` ± ${(100 * times * lnRatio.standardError).toFixed(2)}`;
  return figure(digits(build, 4), `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(2)}${error}%`);
}

function errorOf(standardError: number | undefined): string | undefined {
  return standardError === undefined ? undefined : `± ${digits(standardError, 2)}`;
}

function figure(value: string, below?: string): string {
  return below === undefined ? value : `${value}<br><small>${below}</small>`;
}

function numbers(cells: readonly string[]): string {
  return cells.map((cell) => `<td class="n">${cell}</td>`).join('');
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${digits(bytes / 1e3, 3)} KB` : `${digits(bytes / 1e6, 3)} MB`;
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}
