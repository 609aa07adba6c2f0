import { drawTimeAxis, plotArea, type Span, timeAt } from './draw-axes.js';
import type { AnswerSeries, FrameSeries } from './draw-frames.js';
import { seriesOf, tableOf } from './draw-frames.js';
import { drawLegend, type LegendEntry, legendHeight } from './draw-legend.js';
import type { Scale } from './draw-scales.js';
import { box, coordinate, element, inset, line, type Rect } from './draw-svg.js';
import { colorOf } from './draw-theme.js';
import { fieldNamed, median, styleOf, textOf } from './draw-values.js';
import type { PanelSpec } from './panel.js';

/** What a chart is drawn with besides its panel and data. */
export interface ChartContext {
  readonly span: Span;
  /** The same name has the same colour in every panel of a picture. */
  readonly color: (name: string) => string;
  /** Times that annotations mark. */
  readonly marks: readonly { readonly at: number; readonly color: string }[];
}

interface NumberSeries {
  readonly name: string;
  readonly color: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** A line is drawn over a night without a run, and broken over more, as the dashboards say to Grafana. */
const spannedGapMs = 50 * 3_600_000;

export function drawTimeseries(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
  context: ChartContext,
): string {
  const series = numberSeries(panel, answers, context);
  const entries = legendEntries(panel, series);
  const below = legendHeight(entries, rect.width);
  const stacks = panel.draw?.stacked ? stacked(series) : series;
  const plot = plotArea(
    inset(rect, { bottom: below }),
    boundsOf(panel, stacks),
    styleOf(panel),
    panel.axisLabel,
  );
  const { area, y } = plot;
  const x = timeAt(area, context.span);
  const legend = drawLegend(entries, { ...rect, y: rect.y + rect.height - below + 4 }, ['Last', 'Median']);
  const drawn =
    panel.draw?.style === 'bars'
      ? drawBars(series, area, x, y)
      : series.map((one) => drawSeries(panel, one, x, y)).join('');
  return (
    drawThresholds(panel, area, y) +
    plot.drawn +
    drawTimeAxis(area, context.span) +
    drawMarks(context, area, x) +
    drawn +
    legend
  );
}

function numberSeries(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  { color }: ChartContext,
): NumberSeries[] {
  const all = panel.queries.flatMap((query, index) => {
    const answer = answers[index] ?? [];
    return query.shape === 'table' ? numericColumns(answer) : seriesOf(query, answer);
  });
  return all
    .toSorted((a, b) => order(panel, a.name) - order(panel, b.name))
    .map(({ name, points }) => {
      const field = fieldNamed(panel, name);
      const shown = field?.label ?? name;
      return {
        name: shown,
        color: field?.color === undefined ? color(shown) : colorOf(field.color),
        points: points.flatMap(({ at, value }) => (typeof value === 'number' ? [{ at, value }] : [])),
      };
    })
    .filter(({ points }) => points.length > 0);
}

/** Series with settings of their own in the order of those, the others after them as they came. */
function order({ fields = [] }: PanelSpec, name: string): number {
  const index = fields.findIndex((field) => field.name === name);
  return index < 0 ? fields.length : index;
}

function numericColumns(answer: readonly AnswerSeries[]): FrameSeries[] {
  const { columns, rows } = tableOf(answer);
  return columns.slice(1).map((name, index) => ({
    name,
    points: rows.flatMap((row) => {
      const value = row[index + 1];
      return typeof value === 'number' ? [{ at: Number(row[0]), value }] : [];
    }),
  }));
}

function legendEntries(panel: PanelSpec, series: readonly NumberSeries[]): LegendEntry[] {
  if (panel.legend === undefined || panel.legend === 'none') return [];
  return series.map(({ name, color, points }) => {
    const values = points.map(({ value }) => value);
    const style = styleOf(panel);
    const figures = [values.at(-1)!, median(values)].map((value) => textOf(value, style));
    return { name, color, ...(panel.legend === 'table' ? { figures } : {}) };
  });
}

function stacked(series: readonly NumberSeries[]): Pick<NumberSeries, 'points'>[] {
  const totals = new Map<number, number>();
  for (const { points } of series) {
    for (const { at, value } of points) totals.set(at, (totals.get(at) ?? 0) + value);
  }
  return [{ points: [...totals].map(([at, value]) => ({ at, value })) }];
}

function boundsOf(panel: PanelSpec, series: readonly Pick<NumberSeries, 'points'>[]): [number, number] {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const bars = panel.draw?.style === 'bars' ? [0] : [];
  const low = panel.min ?? Math.min(...values, ...bars);
  const high = panel.max ?? Math.max(...values, ...bars);
  if (high > low) return [low, high];
  const room = (Math.abs(low) || 1) * 0.5;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

type Pixels = (at: number) => number;

function drawSeries(panel: PanelSpec, { color, points }: NumberSeries, x: Pixels, y: Scale): string {
  const style = panel.draw?.style ?? 'lines';
  const radius = style === 'points' ? 2.2 : 1.7;
  const dots =
    style === 'points' || points.length <= 40
      ? points.map(({ at, value }) =>
          element('circle', { cx: x(at), cy: y.at(value), r: radius, fill: color }),
        )
      : [];
  if (style === 'points') return dots.join('');
  const path = points.map((point, index) => segment(panel, points[index - 1], point, x, y)).join('');
  return element('path', { d: path, fill: 'none', stroke: color, 'stroke-width': 1.6 }) + dots.join('');
}

type Point = NumberSeries['points'][number];

function segment(panel: PanelSpec, before: Point | undefined, point: Point, x: Pixels, y: Scale): string {
  const place = `${coordinate(x(point.at))} ${coordinate(y.at(point.value))}`;
  if (before === undefined || point.at - before.at > spannedGapMs) return `M${place}`;
  const corner = panel.draw?.step ? `H${coordinate(x(point.at))}` : '';
  return `${corner}L${place}`;
}

function drawBars(series: readonly NumberSeries[], area: Rect, x: Pixels, y: Scale): string {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort(
    (a, b) => a - b,
  );
  const gaps = times.slice(1).map((at, index) => x(at) - x(times[index]!));
  const width = Math.min(...gaps, area.width / 4) * 0.72;
  const tops = new Map<number, number>();
  return series
    .flatMap(({ color, points }) =>
      points.map(({ at, value }) => {
        const base = tops.get(at) ?? 0;
        tops.set(at, base + value);
        const top = y.at(base + value);
        const height = y.at(base) - top;
        const left = Math.max(area.x, x(at) - width / 2);
        return height <= 0 ? '' : box({ x: left, y: top, width, height }, color, { opacity: 0.9 });
      }),
    )
    .join('');
}

function drawThresholds({ thresholds = [] }: PanelSpec, area: Rect, y: Scale): string {
  const top = y.ticks.at(-1)!;
  return thresholds
    .filter(({ from, color }) => from !== undefined && from < top && color !== 'transparent')
    .map(({ from, color }) => {
      const at = Math.min(y.at(from!), area.y + area.height);
      const zone = { ...area, height: at - area.y };
      const dash = { 'stroke-dasharray': '6 5', opacity: 0.8 };
      return (
        box(zone, colorOf(color), { opacity: 0.08 }) +
        line(area.x, at, area.x + area.width, at, colorOf(color), dash)
      );
    })
    .join('');
}

function drawMarks({ marks }: ChartContext, area: Rect, x: Pixels): string {
  return marks
    .map(({ at, color }) => {
      const foot = area.y + area.height;
      const tip = `M${coordinate(x(at) - 4)} ${coordinate(foot + 6)}h8l-4 -6z`;
      return (
        line(x(at), area.y, x(at), foot, color, { 'stroke-dasharray': '3 4', opacity: 0.6 }) +
        element('path', { d: tip, fill: color })
      );
    })
    .join('');
}
