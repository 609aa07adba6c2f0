import { linearScale, type Scale, type Steps, timeTicks } from './draw-scales.js';
import { inset, label, line, type Rect, textWidth } from './draw-svg.js';
import { theme } from './draw-theme.js';
import { formatValue } from './draw-units.js';
import type { ValueStyle } from './draw-values.js';

const size = 11;

export interface Plot {
  /** Where the data is. */
  readonly area: Rect;
  readonly y: Scale;
  /** Grid lines and what stands beside the axes. */
  readonly drawn: string;
}

/** A plot's left axis from `low` to `high`, with room below for the other axis. */
export function plotArea(
  rect: Rect,
  [low, high]: readonly [number, number],
  style: ValueStyle,
  title?: string,
): Plot {
  const bottom = rect.y + rect.height - 20;
  const wanted = Math.max(2, Math.min(6, rect.height / 38));
  const y = linearScale(low, high, [bottom, rect.y + 6], wanted, stepsOf(style));
  const texts = y.ticks.map((tick) => formatValue(tick, style.unit));
  const left = Math.max(...texts.map((text) => textWidth(text, size))) + 10 + (title === undefined ? 0 : 14);
  const area = inset(rect, { left, top: 6, right: 6, bottom: 20 });
  const lines = y.ticks.map(
    (tick, index) =>
      line(area.x, y.at(tick), area.x + area.width, y.at(tick), theme.grid) +
      label(area.x - 7, y.at(tick) + 4, texts[index]!, { size, anchor: 'end', fill: theme.muted }),
  );
  const middle = area.y + area.height / 2;
  const name =
    title === undefined
      ? ''
      : label(rect.x + 8, middle, title, { size, anchor: 'middle', fill: theme.muted, rotate: -90 });
  return { area, y, drawn: lines.join('') + name };
}

/** Counts have no halves, unless they are means and say decimals. */
export function stepsOf({ unit, decimals = 0 }: ValueStyle): Steps {
  if (unit === 'bytes') return 'binary';
  return unit === 'short' && decimals === 0 ? 'whole' : 'any';
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Pixels of a time in milliseconds. */
export function timeAt(area: Rect, { from, to }: Span): (at: number) => number {
  return (at) => area.x + ((at - from) / (to - from)) * area.width;
}

/** Days or hours under a plot, with faint lines. */
export function drawTimeAxis(area: Rect, span: Span): string {
  const at = timeAt(area, span);
  return timeTicks(span.from, span.to, area.width / 62)
    .map(({ at: time, text }) => {
      const x = at(time);
      const inside = Math.min(Math.max(x, area.x + 16), area.x + area.width - 16);
      return (
        line(x, area.y, x, area.y + area.height, theme.grid) +
        label(inside, area.y + area.height + 15, text, { size, anchor: 'middle', fill: theme.muted })
      );
    })
    .join('');
}
