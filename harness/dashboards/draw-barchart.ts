import { plotArea } from './draw-axes.js';
import { type AnswerSeries, type Cell, tableOf } from './draw-frames.js';
import { drawLegend, legendHeight } from './draw-legend.js';
import { box, fitText, inset, label, type Rect } from './draw-svg.js';
import { colorOf, theme } from './draw-theme.js';
import type { ChartContext } from './draw-timeseries.js';
import { fieldNamed, median, styleOf, textOf } from './draw-values.js';
import type { PanelSpec } from './panel.js';

interface Bar {
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly color: string; readonly value: number }[];
}

/** Standing bars, one per row of the table, stacked from its columns of numbers. */
export function drawBarchart(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
  context: ChartContext,
): string {
  const bars = barsOf(panel, answers[0] ?? [], context);
  const entries = panel.legend === 'none' ? [] : bars[0]!.parts;
  const below = legendHeight(entries, rect.width);
  const high = Math.max(...bars.map(total));
  const { area, y, drawn } = plotArea(inset(rect, { bottom: below }), [panel.min ?? 0, high], styleOf(panel));
  const step = area.width / bars.length;
  const width = Math.min(step * 0.7, 110);
  const columns = bars.map((bar, index) => {
    const middle = area.x + (index + 0.5) * step;
    const name = fitText(bar.name, step - 8, 11);
    const foot = label(middle, area.y + area.height + 15, name, {
      size: 11,
      anchor: 'middle',
      fill: theme.muted,
    });
    const value = textOf(total(bar), styleOf(panel));
    const head = label(middle, y.at(total(bar)) - 5, value, { size: 11, anchor: 'middle', fill: theme.text });
    return foot + head + stackParts(bar, middle - width / 2, width, (part) => y.at(part));
  });
  const foot = { ...rect, y: rect.y + rect.height - below + 4 };
  return drawn + columns.join('') + drawLegend(entries, foot);
}

function stackParts(bar: Bar, x: number, width: number, at: (value: number) => number): string {
  let base = 0;
  return bar.parts
    .map(({ value, color }) => {
      const place = { x, y: at(base + value), width, height: at(base) - at(base + value) };
      base += value;
      return box(place, color, { opacity: 0.9 });
    })
    .join('');
}

function total({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function barsOf(panel: PanelSpec, answer: readonly AnswerSeries[], { color }: ChartContext): Bar[] {
  const { columns, rows } = grouped(panel, answer);
  const { xField = '', fields = [] } = panel;
  const shown = columns.filter((name) => name !== xField && fieldNamed(panel, name)?.hidden !== true);
  const numeric = shown
    .filter((name) => name !== 'Time' && typeof rows[0]?.[columns.indexOf(name)] === 'number')
    .toSorted(
      (a, b) => fields.findIndex(({ name }) => name === a) - fields.findIndex(({ name }) => name === b),
    );
  return rows.map((row) => ({
    name: String(row[columns.indexOf(xField)]),
    parts: numeric.map((name) => {
      const field = fieldNamed(panel, name);
      const partName = field?.label ?? name;
      const own = field?.color === undefined ? color(partName) : colorOf(field.color);
      return { name: partName, color: own, value: Number(row[columns.indexOf(name)]) };
    }),
  }));
}

/** Rows of the same value of `groupBy` as one with medians, in the order in which the values first occur. */
function grouped({ groupBy }: PanelSpec, answer: readonly AnswerSeries[]) {
  const table = tableOf(answer);
  if (groupBy === undefined) return table;
  const key = table.columns.indexOf(groupBy.by);
  const values = [...new Set(table.rows.map((row) => row[key]!))];
  const groups = values.map((value) => [value, table.rows.filter((row) => row[key] === value)] as const);
  const medianOf = (rows: readonly (readonly Cell[])[], name: string): number =>
    median(rows.flatMap((row) => row[table.columns.indexOf(name)] ?? []).map(Number));
  return {
    columns: [groupBy.by, ...groupBy.medians.map((name) => `${name} (median)`)],
    rows: groups.map(([value, rows]): Cell[] => [
      value,
      ...groupBy.medians.map((name) => medianOf(rows, name)),
    ]),
  };
}
