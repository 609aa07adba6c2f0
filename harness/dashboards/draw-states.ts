import { drawTimeAxis, timeAt } from './draw-axes.js';
import { type AnswerSeries, type FrameSeries, seriesOf } from './draw-frames.js';
import { drawLegend, legendHeight } from './draw-legend.js';
import { box, fitText, inset, label, type Rect, textWidth } from './draw-svg.js';
import { inkOn, theme } from './draw-theme.js';
import type { ChartContext } from './draw-timeseries.js';
import { styleOf, textOf, type ValueStyle, valueColor, valueLegend } from './draw-values.js';
import type { PanelSpec } from './panel.js';

const size = 11;

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly value: number | string;
}

/** `status-history`: a square per value. `state-timeline`: equal neighbours are one stretch. */
export function drawStates(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
  context: ChartContext,
): string {
  const series = panel.queries
    .flatMap((query, index) => seriesOf(query, answers[index] ?? []))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const style = styleOf(panel);
  const legend = panel.legend === 'none' ? [] : valueLegend(style);
  const below = legendHeight(legend, rect.width);
  const left = Math.max(...series.map(({ name }) => textWidth(name, size))) + 14;
  const area = inset(rect, { left, top: 2, right: 6, bottom: below + 20 });
  const rowHeight = area.height / series.length;
  const rows = series.map((one, index) => {
    const row = { ...area, y: area.y + index * rowHeight, height: rowHeight };
    return drawRow(panel, one, row, context, style);
  });
  const foot = { ...rect, y: rect.y + rect.height - below + 4 };
  return drawTimeAxis(area, context.span) + rows.join('') + drawLegend(legend, foot);
}

function drawRow(
  panel: PanelSpec,
  series: FrameSeries,
  row: Rect,
  context: ChartContext,
  style: ValueStyle,
): string {
  const name = label(row.x - 10, row.y + row.height / 2 + 4, series.name, {
    size,
    anchor: 'end',
    fill: theme.muted,
  });
  const x = timeAt(row, context.span);
  const merged = panel.kind === 'state-timeline';
  const stretches = merged ? merge(series, context.span.to) : squares(series);
  const gap = Math.min(1.5, row.height * 0.1);
  const drawn = stretches.map(({ from, to, value }) => {
    const start = Math.max(row.x, x(from));
    const width = Math.min(row.x + row.width, x(to)) - start - (merged ? 0.5 : 2);
    const place = { x: start, y: row.y + gap, width: Math.max(width, 0.5), height: row.height - 2 * gap };
    const color = valueColor(value, style) ?? theme.faint;
    return box(place, color, { rx: 2 }) + (merged ? caption(place, textOf(value, style), color) : '');
  });
  return name + drawn.join('');
}

function caption(place: Rect, text: string, color: string): string {
  const fitting = fitText(text, place.width - 8, size);
  if (fitting !== text || place.height < 14) return '';
  const middle = place.x + place.width / 2;
  return label(middle, place.y + place.height / 2 + 4, text, { size, anchor: 'middle', fill: inkOn(color) });
}

/** Each value is as wide as the least distance of two, around its time. */
function squares({ points }: FrameSeries): Stretch[] {
  const gaps = points.slice(1).map(({ at }, index) => at - points[index]!.at);
  const width = Math.min(86_400_000, ...gaps);
  return points.map(({ at, value }) => ({ from: at, to: at + width, value }));
}

/** A value holds until the next one. */
function merge({ points }: FrameSeries, end: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (const [index, { at, value }] of points.entries()) {
    const to = points[index + 1]?.at ?? end;
    const last = stretches.at(-1);
    if (last?.value === value) stretches[stretches.length - 1] = { ...last, to };
    else stretches.push({ from: at, to, value });
  }
  return stretches;
}
