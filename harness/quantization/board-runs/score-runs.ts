import { formatQuantity } from '../../results/quantity.js';
import type { RunResult } from '../../results/result.js';
import { type Column, plainTable } from '../../sinks/plain-table.js';
import { judgeAcceptance } from '../acceptance/judge-acceptance.js';
import { widestBits } from '../lab/grid-size.js';
import { Lab } from '../lab/lab.js';
import { judgeRun, type SpeedFigures, type SpeedRun } from '../lab/speed.js';
import { validateQuantization } from '../lab/validate.js';
import { reportPage } from '../report/page.js';
import { perplexityIncrease } from '../tables/build-facts.js';
import type { ValidationReport } from '../validation-report.js';
import type { CardBuild } from './card-builds.js';

/** A run by the name of its build; `float32` is that of the model itself. */
export interface BuildRun {
  readonly name: string;
  readonly result: RunResult;
}

/** A build's run with its report. */
export interface ScoredRun {
  readonly run: BuildRun;
  readonly report: ValidationReport;
}

/** What came of runs and scores together. */
export interface ScoredRuns {
  readonly reports: readonly ValidationReport[];
  /** A table of quality, speed and memory. */
  readonly text: string;
  readonly page: string;
}

/** Scores builds on held-out text, takes speed and memory from their runs on a board, and judges them by the rules of acceptance. */
export async function scoreRuns(
  modelPath: string,
  builds: readonly CardBuild[],
  runs: readonly BuildRun[],
): Promise<ScoredRuns> {
  await using lab = await Lab.open({ speed: false });
  const base = runs.find(({ name }) => name === 'float32');
  const scored: ScoredRun[] = [];
  for (const { name, model } of builds) {
    const run = runs.find((one) => one.name === name);
    if (run === undefined || base === undefined) continue;
    const report = await validateQuantization(lab, modelPath, model);
    scored.push({ run, report: withSpeed(report, widestBits(model), base.result, run.result) });
  }
  const reports = scored.map(({ report }) => report);
  return { reports, text: runTable(scored, base), page: reportPage(reports) };
}

/** The report of a build that was scored alone, with the speed of its run, judged again. */
export function withSpeed(
  report: ValidationReport,
  bits: number,
  base: RunResult,
  build: RunResult,
): ValidationReport {
  const speed = speedOf(base, build);
  const { quality, sizes, generation } = report;
  const acceptance = judgeAcceptance({
    lnRatio: quality.perplexity.lnRatio,
    positions: quality.text.positions,
    ...(quality.task === undefined ? {} : { task: quality.task }),
    speed,
    size: { ...sizes, widestBits: bits },
    faults: generation.texts.flatMap(({ faults }) => faults),
  });
  return { ...report, acceptance, ...('why' in speed ? {} : { speed }) };
}

function speedOf(
  base: RunResult,
  build: RunResult,
): NonNullable<ValidationReport['speed']> | { readonly why: string } {
  const float32: SpeedRun = judgeRun(base);
  const made: SpeedRun = judgeRun(build);
  if ('why' in float32) return { why: `float32: ${float32.why}` };
  if ('why' in made) return made;
  const { clock, limits, id } = build.boards[0]!;
  return {
    clock: clock === 'modelled' ? 'modelled' : 'hardware',
    board: id,
    strategy: build.model.strategy ?? 'seed',
    cardMode: limits?.cardMode ?? '',
    base: float32.figures,
    build: made.figures,
    ratio: made.figures.tokensPerSecond / float32.figures.tokensPerSecond,
  };
}

const right = (head: string): Column => ({ head, align: 'right' });
const COLUMNS: readonly Column[] = [
  { head: 'build' },
  right('bytes'),
  right('from float16'),
  right('perplexity'),
  right('KL, nats'),
  right('top token'),
  right('decode'),
  right('x float32'),
  right('first token'),
  right('load'),
  right('peak PSRAM'),
  right('= reference'),
  { head: 'accepted' },
];

/** float32 first, then each build: quality, speed and memory side by side. */
export function runTable(scored: readonly ScoredRun[], float32: BuildRun | undefined): string {
  const rows = scored.map(({ report, run }) => buildRow(report, run));
  const modelled = scored.some(({ report }) => report.speed?.clock === 'modelled');
  const clock = modelled ? ['clock: modelled (times come from the cost table, not from hardware)'] : [];
  return `${[plainTable(COLUMNS, [...baseRow(scored, float32), ...rows]), ...clock].join('\n')}\n`;
}

function baseRow(scored: readonly ScoredRun[], float32: BuildRun | undefined): string[][] {
  const ran = scored.find(({ report }) => report.speed !== undefined)?.report;
  if (ran?.speed === undefined || float32 === undefined) return [];
  const bytes = formatQuantity(ran.sizes.float32Bytes, 'bytes');
  return [['float32', bytes, '0.50x', '', '', '', ...speedCells(ran.speed.base, 1), equal(float32), '']];
}

function buildRow(report: ValidationReport, run: BuildRun): string[] {
  const { build, sizes, quality, speed, acceptance } = report;
  const change = 100 * perplexityIncrease(report);
  const broken = acceptance.rules.filter(({ passed }) => !passed).map(({ rule }) => rule);
  return [
    build.name,
    formatQuantity(sizes.buildBytes, 'bytes'),
    `${(sizes.float16Bytes / sizes.buildBytes).toFixed(2)}x`,
    `${change < 0 ? '' : '+'}${change.toFixed(2)}%`,
    quality.klDivergence.value.toPrecision(3),
    `${(100 * quality.topTokenAgreement).toFixed(2)}%`,
    ...(speed === undefined ? ['', '', '', '', ''] : speedCells(speed.build, speed.ratio)),
    equal(run),
    acceptance.accepted ? 'yes' : `no: ${broken.join(', ')}`,
  ];
}

function speedCells(figures: SpeedFigures, ratio: number): string[] {
  return [
    formatQuantity(figures.tokensPerSecond, 'tokens/s'),
    `${ratio.toFixed(2)}x`,
    formatQuantity(1000 * figures.firstTokenMs, 'us'),
    formatQuantity(1000 * figures.loadMs, 'us'),
    formatQuantity(figures.peakPsramBytes, 'bytes'),
  ];
}

/** Tokens that equal the reference's. */
function equal({ result }: BuildRun): string {
  const rows = result.conformity;
  const sum = (key: 'tokensEqual' | 'tokensTotal') => rows.reduce((total, row) => total + row[key], 0);
  return `${sum('tokensEqual')} of ${sum('tokensTotal')}`;
}
