import { type AnswerSeries, seriesOf } from './draw-frames.js';
import { box, fitText, inset, label, type Rect, textWidth } from './draw-svg.js';
import { colorOf, inkOn, theme } from './draw-theme.js';
import { styleOf, textOf, valueColor } from './draw-values.js';
import type { PanelSpec } from './panel.js';

/** One number for a series, as Grafana reduces it. */
export function reduced(panel: PanelSpec, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (panel.reduce ?? 'lastNotNull') {
    case 'sum':
      return sum;
    case 'mean':
      return sum / values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'lastNotNull':
      return values.at(-1)!;
  }
}

function numbersOf(panel: PanelSpec, answers: readonly (readonly AnswerSeries[])[]) {
  return panel.queries
    .flatMap((query, index) => seriesOf(query, answers[index] ?? []))
    .map(({ name, points }) => ({
      name,
      values: points.flatMap(({ value }) => (typeof value === 'number' ? [value] : [])),
    }))
    .filter(({ values }) => values.length > 0)
    .map(({ name, values }) => ({ name, value: reduced(panel, values) }));
}

/** The number large, on its threshold's colour where the panel judges. `whole` is the panel, which is coloured to its edges. */
export function drawStat(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
  whole: Rect,
): string {
  const [number] = numbersOf(panel, answers);
  const style = styleOf(panel);
  const text = number === undefined ? panel.noValue : textOf(number.value, style);
  const judged = panel.thresholds !== undefined && number !== undefined;
  const background = judged ? valueColor(number.value, style) : undefined;
  const size = Math.min(rect.height * 0.62, 40, (rect.width * 0.92) / textWidth(text, 1));
  const middle = { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 + size * 0.3 };
  const fill = background === undefined ? theme.text : inkOn(background);
  const backdrop = background === undefined ? '' : box(inset(whole, {}), background, { rx: 3 });
  const title =
    background === undefined
      ? ''
      : label(whole.x + 10, whole.y + 20, fitText(panel.title, whole.width - 14, 13), {
          size: 13,
          weight: 500,
          fill,
        });
  return backdrop + title + label(middle.x, middle.y, text, { size, anchor: 'middle', weight: 500, fill });
}

/** Lying bars with names at their left and values at their right. */
export function drawBargauge(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
): string {
  const numbers = numbersOf(panel, answers);
  const style = styleOf(panel);
  const texts = numbers.map(({ value }) => textOf(value, style));
  const left = Math.min(rect.width * 0.4, Math.max(...numbers.map(({ name }) => textWidth(name, 12))) + 14);
  const right = Math.max(...texts.map((text) => textWidth(text, 14))) + 14;
  const most = Math.max(...numbers.map(({ value }) => value));
  const height = Math.min(64, rect.height / numbers.length);
  const room = rect.width - left - right;
  return numbers
    .map(({ name, value }, index) => {
      const bar = {
        x: rect.x + left,
        y: rect.y + index * height + 6,
        width: (room * value) / most,
        height: height - 12,
      };
      const baseline = bar.y + bar.height / 2 + 4;
      return (
        label(bar.x - 10, baseline, fitText(name, left - 12, 12), { anchor: 'end', fill: theme.muted }) +
        box({ ...bar, width: room }, theme.grid, { rx: 2 }) +
        box(bar, colorOf('blue'), { rx: 2 }) +
        label(rect.x + rect.width - 4, baseline + 1, texts[index]!, {
          size: 14,
          anchor: 'end',
          fill: colorOf('light-blue'),
        })
      );
    })
    .join('');
}
