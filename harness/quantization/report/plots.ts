import { bytesPerWeight } from '../tables/build-facts.js';
import type { ValidationReport } from '../validation-report.js';
import { kindOf } from './mark.js';
import { digits, plain } from './markup.js';
import type { Plot, PlotAxis, PlotPoint } from './plot.js';
import { bitsScale, linearScale, logScale, ratioScale } from './scale.js';
import { commonLabel } from './touching.js';

/** Most that the perplexity of an accepted build is above float32's (seed 003), and least that its speed is. */
const PERPLEXITY_RULE = 1.02;
const SPEED_RULE = 1.5;

/** A build's name without its model's. */
export function shortName({ build, model }: ValidationReport): string {
  return build.name.startsWith(`${model.name}-`) ? build.name.slice(model.name.length + 1) : build.name;
}

/** Bits a parameter of the build as stored. */
export function storedBits(report: ValidationReport): number {
  return 8 * bytesPerWeight(report);
}

/** Near 1 and far above it in one picture. */
export function perplexityPlot(reports: readonly ValidationReport[]): Plot {
  const points = pointsOf(reports, ({ quality }) => Math.exp(quality.perplexity.lnRatio.value));
  return {
    description: `Perplexity over float32's against bits a weight of ${reports.length} builds`,
    x: bitsAxis(points),
    y: {
      title: "perplexity over float32's (log far from 1)",
      scale: ratioScale(points.map(({ y }) => y)),
      format: plain,
    },
    points,
    lines: [
      { y: 1, label: 'float32', kind: 'base' },
      { y: PERPLEXITY_RULE, label: 'accepted below +2%', kind: 'rule' },
    ],
  };
}

/** Builds that equal float32 to the bit have no logarithm: they are left out. */
export function divergencePlot(reports: readonly ValidationReport[]): Plot {
  const points = pointsOf(reports, ({ quality }) => quality.klDivergence.value).filter(({ y }) => y > 0);
  return {
    description: `KL divergence from float32 against bits a weight of ${points.length} builds`,
    x: bitsAxis(points),
    y: {
      title: 'KL divergence from float32, nats (log)',
      scale: logScale(points.map(({ y }) => y)),
      format: plain,
    },
    points,
    lines: [],
  };
}

/** Builds that ran on a board; undefined without any. */
export function speedPlot(reports: readonly ValidationReport[]): Plot | undefined {
  const ran = reports.filter(({ speed }) => speed !== undefined);
  const first = ran[0]?.speed;
  if (first === undefined) return undefined;
  const base = first.base.tokensPerSecond;
  const points = together(pointsOf(ran, ({ speed }) => speed!.build.tokensPerSecond));
  return {
    description: `Tokens a second against bits a weight of ${points.length} builds`,
    x: bitsAxis(points),
    y: {
      title: `tokens/s${first.clock === 'modelled' ? ', modelled' : ''}`,
      scale: linearScale([base * SPEED_RULE, ...points.map(({ y }) => 1.06 * y)]),
      format: plain,
    },
    points,
    lines: [
      { y: base, label: `float32: ${digits(base, 3)} tokens/s`, kind: 'base' },
      { y: base * SPEED_RULE, label: `accepted from ${SPEED_RULE} times`, kind: 'rule' },
    ],
  };
}

function pointsOf(
  reports: readonly ValidationReport[],
  y: (report: ValidationReport) => number,
): PlotPoint[] {
  return reports.map((report) => ({
    x: storedBits(report),
    y: y(report),
    label: shortName(report),
    kind: kindOf(report),
    accepted: report.acceptance.accepted,
  }));
}

/** Builds of one format are as large and as fast: those within 2% of each other become one point. */
export function together(points: readonly PlotPoint[]): PlotPoint[] {
  const groups: PlotPoint[][] = [];
  for (const point of points) {
    const near = groups.find(([first]) => alike(first!.x, point.x) && alike(first!.y, point.y));
    if (near === undefined) groups.push([point]);
    else near.push(point);
  }
  return groups.map((group) => {
    if (group.length === 1) return group[0]!;
    const accepted = group.some((point) => point.accepted);
    return { ...group[0]!, label: commonLabel(group.map(({ label }) => label)), kind: 'several', accepted };
  });
}

function alike(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.02 * Math.max(a, b);
}

function bitsAxis(points: readonly PlotPoint[]): PlotAxis {
  return {
    title: 'bits a weight, as stored (log)',
    scale: bitsScale(points.length === 0 ? [1, 16] : points.map(({ x }) => x)),
    format: plain,
  };
}
