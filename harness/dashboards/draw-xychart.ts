import { plotArea, stepsOf } from './draw-axes.js';
import { type AnswerSeries, tableOf } from './draw-frames.js';
import { drawLegend, legendHeight } from './draw-legend.js';
import { linearScale } from './draw-scales.js';
import { element, inset, label, line, type Rect } from './draw-svg.js';
import { theme } from './draw-theme.js';
import type { ChartContext } from './draw-timeseries.js';
import { formatValue } from './draw-units.js';
import { fieldNamed, styleOf } from './draw-values.js';
import type { FieldSpec, PanelSpec } from './panel.js';

interface Dot {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** Points of the columns `xField` and `yField`, a colour for each value of the columns that part them. */
export function drawXychart(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
  { color }: ChartContext,
): string {
  const dots = dotsOf(panel, answers[0] ?? []);
  const names = [...new Set(dots.map(({ name }) => name))];
  const entries = names.map((name) => ({ name, color: color(name) }));
  const below = legendHeight(entries, rect.width);
  const [across, up] = [fieldNamed(panel, panel.xField!), fieldNamed(panel, panel.yField!)];
  const inner = inset(rect, { bottom: below + 16, right: 26 });
  const bounds = boundsOf(dots.map((dot) => dot.y));
  const plot = plotArea(inner, bounds, styleOf(panel, up), up?.label ?? panel.yField);
  const { area } = plot;
  const x = linearScale(
    ...boundsOf(dots.map((dot) => dot.x)),
    [area.x, area.x + area.width],
    5,
    stepsOf(styleOf(panel, across)),
  );
  const marks = dots.map((dot) =>
    element('circle', { cx: x.at(dot.x), cy: plot.y.at(dot.y), r: 5.5, fill: color(dot.name), opacity: 0.9 }),
  );
  const foot = { ...rect, y: rect.y + rect.height - below + 4 };
  return (
    plot.drawn + drawXAxis(x.ticks, x.at, area, panel, across) + marks.join('') + drawLegend(entries, foot)
  );
}

/** Some room around the values, and no further below 0 than they are. */
function boundsOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

function dotsOf({ xField, yField, partitionBy = [] }: PanelSpec, answer: readonly AnswerSeries[]): Dot[] {
  const { columns, rows } = tableOf(answer);
  return rows.map((row) => {
    const cell = (name: string) => row[columns.indexOf(name)];
    return { name: partitionBy.map(cell).join(' · '), x: Number(cell(xField!)), y: Number(cell(yField!)) };
  });
}

function drawXAxis(
  ticks: readonly number[],
  at: (value: number) => number,
  area: Rect,
  panel: PanelSpec,
  field: FieldSpec | undefined,
): string {
  const bottom = area.y + area.height;
  const marks = ticks.map((tick) => {
    const text = formatValue(tick, field?.unit ?? panel.unit);
    const centred = { size: 11, anchor: 'middle', fill: theme.muted } as const;
    return line(at(tick), area.y, at(tick), bottom, theme.grid) + label(at(tick), bottom + 15, text, centred);
  });
  const title = label(area.x + area.width / 2, bottom + 31, field?.label ?? panel.xField!, {
    size: 11,
    anchor: 'middle',
    fill: theme.muted,
  });
  return marks.join('') + title;
}
