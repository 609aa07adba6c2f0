import { drawBarchart } from './draw-barchart.js';
import { SeriesColors } from './draw-colors.js';
import type { AnswerSeries } from './draw-frames.js';
import { drawBargauge, drawStat } from './draw-stat.js';
import { drawStates } from './draw-states.js';
import { box, element, fitText, inset, label, type Rect, textWidth } from './draw-svg.js';
import { drawTable } from './draw-table.js';
import { theme } from './draw-theme.js';
import { type ChartContext, drawTimeseries } from './draw-timeseries.js';
import { drawXychart } from './draw-xychart.js';
import type { DashboardSpec, GridPosition, PanelSpec } from './panel.js';

/** What a picture shows: the answers to each panel's queries, by the panel's id. */
export interface DashboardData {
  readonly span: ChartContext['span'];
  /** What is chosen for each variable, as the reader sees it. */
  readonly choices: readonly { readonly label: string; readonly text: string }[];
  readonly answers: ReadonlyMap<number, readonly (readonly AnswerSeries[])[]>;
  readonly marks: ChartContext['marks'];
  /** Spans of the panels that look at one of their own. */
  readonly panelSpans: ReadonlyMap<number, ChartContext['span']>;
  /** What the data is, for the line under the title. */
  readonly provenance: string;
}

const width = 1200;
const margin = 12;
const gap = 8;
const rowHeight = 36;
const headHeight = 104;

/**
 * A dashboard as an SVG 1200 wide, for docs: what Grafana would show of this data, drawn by ourselves and marked so. The same
 * data gives the same bytes. Draws only the kinds and settings of panels that our dashboards use.
 */
export function drawDashboard(dashboard: DashboardSpec, data: DashboardData): string {
  const rows = Math.max(...dashboard.panels.map(({ grid }) => grid.y + grid.h));
  const height = headHeight + rows * rowHeight + margin;
  const colors = new SeriesColors();
  const panels = dashboard.panels.map((panel) => {
    const span = data.panelSpans.get(panel.id) ?? data.span;
    const context = { span, color: colors.forPanel(), marks: data.marks };
    return drawPanel(panel, data.answers.get(panel.id) ?? [], context);
  });
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'font-family': theme.font,
    role: 'img',
    'aria-label': `${dashboard.title}: ${dashboard.description} Not Grafana: drawn by tokenrack.`,
  };
  const page = box({ x: 0, y: 0, width, height }, theme.page);
  return `${element('svg', attributes, [page, drawHead(dashboard, data), ...panels].join('\n'))}\n`;
}

function drawHead(dashboard: DashboardSpec, { span, choices, provenance }: DashboardData): string {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const right = { anchor: 'end', size: 12 } as const;
  const notice = 'Drawn by tokenrack’s own renderer. This is not Grafana.';
  const time = `${day(span.from)} to ${day(span.to)} UTC`;
  return [
    label(margin + 4, 34, dashboard.title, { size: 20, weight: 600, fill: theme.text }),
    label(margin + 4, 56, dashboard.description, { size: 13, fill: theme.muted }),
    label(width - margin - 4, 24, notice, { ...right, weight: 600, fill: theme.notice }),
    label(width - margin - 4, 41, provenance, { ...right, fill: theme.notice }),
    label(width - margin - 4, 58, time, { ...right, fill: theme.muted }),
    drawChoices(choices),
  ].join('');
}

function drawChoices(choices: DashboardData['choices']): string {
  let x = margin + 4;
  return choices
    .map(({ label: name, text }) => {
      const nameWidth = textWidth(name, 12) + 16;
      const chip = { x, y: 70, width: nameWidth + textWidth(text, 12) + 20, height: 24 };
      x += chip.width + gap;
      return (
        box(chip, theme.panel, { rx: 3, stroke: theme.border }) +
        label(chip.x + 8, 86, name, { fill: theme.muted }) +
        label(chip.x + nameWidth + 6, 86, text, { fill: theme.text })
      );
    })
    .join('');
}

function drawPanel(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  context: ChartContext,
): string {
  const place = placeOf(panel.grid);
  const title = label(place.x + 10, place.y + 20, fitText(panel.title, place.width - 20, 13), {
    size: 13,
    weight: 500,
    fill: theme.text,
  });
  const inner = inset(place, { left: 10, right: 10, top: 32, bottom: 8 });
  const empty = answers.every((answer) => answer.length === 0);
  const body = empty ? drawNothing(panel, inner) : drawBody(panel, answers, inner, place, context);
  return box(place, theme.panel, { rx: 3, stroke: theme.border }) + title + body;
}

function placeOf({ x, y, w, h }: GridPosition): Rect {
  const column = (width - 2 * margin + gap) / 24;
  return {
    x: margin + x * column,
    y: headHeight + y * rowHeight,
    width: w * column - gap,
    height: h * rowHeight - gap,
  };
}

function drawNothing(panel: PanelSpec, rect: Rect): string {
  const middle = { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
  return label(middle.x, middle.y, fitText(panel.noValue, rect.width, 13), {
    size: 13,
    anchor: 'middle',
    fill: theme.muted,
  });
}

function drawBody(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  inner: Rect,
  place: Rect,
  context: ChartContext,
): string {
  switch (panel.kind) {
    case 'timeseries':
      return drawTimeseries(panel, answers, inner, context);
    case 'status-history':
    case 'state-timeline':
      return drawStates(panel, answers, inner, context);
    case 'stat':
      return drawStat(panel, answers, inner, place);
    case 'bargauge':
      return drawBargauge(panel, answers, inner);
    case 'table':
      return drawTable(panel, answers, inner);
    case 'barchart':
      return drawBarchart(panel, answers, inner, context);
    case 'xychart':
      return drawXychart(panel, answers, inner, context);
  }
}
