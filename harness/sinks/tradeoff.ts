import type { MeasurementName } from '../results/measurement-catalogue.js';
import { definitionOf } from '../results/measurement-catalogue.js';
import { formatQuantity } from '../results/quantity.js';
import { geometricMean } from '../stats/geometric-mean.js';
import { paretoFront } from '../stats/pareto.js';
import { plainTable } from './plain-table.js';
import { scatterSvg } from './scatter.js';
import type { NamedRun } from './strategy-facts.js';

export interface TradeoffAxes {
  /** Less is better. */
  readonly cost: MeasurementName;
  /** More is better. */
  readonly gain: MeasurementName;
}

interface Point {
  readonly name: string;
  readonly cost: number;
  readonly gain: number;
}

/**
 * Two measurements against each other, over several runs: a table with the Pareto front marked, and a picture. The cost is the largest, the
 * gain the geometric mean over a run's prompts and boards; runs that lack either are named and left out.
 */
export function tradeoff(
  title: string,
  runs: readonly NamedRun[],
  { cost, gain }: TradeoffAxes,
): { readonly text: string; readonly svg: string } {
  const points = runs.flatMap((run) => pointOf(run, cost, gain));
  const front = new Set<Point>(paretoFront(points));
  const left = runs.filter((run) => !points.some((point) => point.name === run.name));
  const clock = runs.some(({ result }) => result.boards.some((board) => board.clock === 'modelled'))
    ? 'clock: modelled (times come from the cost table, not from hardware)'
    : 'clock: hardware';
  const format = (name: MeasurementName) => (value: number) => formatQuantity(value, definitionOf(name).unit);
  const rows = points.map((point) => [
    point.name,
    format(cost)(point.cost),
    format(gain)(point.gain),
    front.has(point) ? 'on the Pareto front' : '',
  ]);
  const table = plainTable(
    [
      { head: 'run' },
      { head: definitionOf(cost).label, align: 'right' },
      { head: definitionOf(gain).label, align: 'right' },
      { head: '' },
    ],
    rows,
  );
  const missing = left.length === 0 ? [] : [`not measured: ${left.map((run) => run.name).join(', ')}`];
  return {
    text: `${[table, ...missing, clock].join('\n')}\n`,
    svg: scatterSvg({
      title,
      note: `${clock}; the line joins what nothing else beats`,
      x: { title: definitionOf(cost).label, format: format(cost) },
      y: { title: definitionOf(gain).label, format: format(gain) },
      points: points.map((point) => ({
        x: point.cost,
        y: point.gain,
        label: point.name,
        best: front.has(point),
      })),
    }),
  };
}

function pointOf({ name, result }: NamedRun, cost: MeasurementName, gain: MeasurementName): Point[] {
  const values = (wanted: MeasurementName): number[] =>
    result.measurements.filter((one) => one.name === wanted).map((one) => one.value);
  const costs = values(cost);
  const mean = values(gain).length === 0 ? undefined : geometricMean(values(gain)).value;
  return costs.length === 0 || mean === undefined ? [] : [{ name, cost: Math.max(...costs), gain: mean }];
}
