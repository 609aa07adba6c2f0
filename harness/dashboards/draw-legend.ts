import { element, fitText, label, line, type Rect, textWidth } from './draw-svg.js';
import { theme } from './draw-theme.js';

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  /** Columns of a legend that is a table. */
  readonly figures?: readonly string[];
}

const size = 11;
const rowHeight = 17;
const figureWidth = 92;

/** How high a legend is at this width. */
export function legendHeight(entries: readonly LegendEntry[], width: number): number {
  if (entries.length === 0) return 0;
  if (isTable(entries)) return (entries.length + 1) * rowHeight + 6;
  return rowsOf(entries, width).length * rowHeight + 6;
}

function isTable(entries: readonly LegendEntry[]): boolean {
  return entries[0]?.figures !== undefined;
}

/** Draws it from the top of `rect`. */
export function drawLegend(
  entries: readonly LegendEntry[],
  rect: Rect,
  heads: readonly string[] = [],
): string {
  return isTable(entries) ? drawTable(entries, rect, heads) : drawList(entries, rect);
}

function drawList(entries: readonly LegendEntry[], rect: Rect): string {
  return rowsOf(entries, rect.width)
    .flatMap((row, index) => {
      let x = rect.x;
      return row.map((entry) => {
        const drawn = mark(x, rect.y + index * rowHeight + 12, entry, rect.width);
        x += entryWidth(entry);
        return drawn;
      });
    })
    .join('');
}

/** As many entries in a row as have room. */
function rowsOf(entries: readonly LegendEntry[], width: number): LegendEntry[][] {
  const rows: LegendEntry[][] = [[]];
  let used = 0;
  for (const entry of entries) {
    if (used > 0 && used + entryWidth(entry) > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)!.push(entry);
    used += entryWidth(entry);
  }
  return rows;
}

function entryWidth({ name }: LegendEntry): number {
  return textWidth(name, size) + 36;
}

function mark(x: number, baseline: number, { name, color }: LegendEntry, width: number): string {
  const dash = element('rect', { x, y: baseline - 6, width: 14, height: 4, rx: 2, fill: color });
  return dash + label(x + 19, baseline, fitText(name, width - 20, size), { size, fill: theme.muted });
}

function drawTable(entries: readonly LegendEntry[], rect: Rect, heads: readonly string[]): string {
  const right = (nth: number): number => rect.x + rect.width - (heads.length - 1 - nth) * figureWidth;
  const top = heads.map((head, nth) =>
    label(right(nth), rect.y + 12, head, { size, anchor: 'end', fill: theme.faint }),
  );
  const rows = entries.map((entry, index) => {
    const baseline = rect.y + (index + 1) * rowHeight + 12;
    const figures = entry.figures!.map((text, nth) =>
      label(right(nth), baseline, text, { size, anchor: 'end', fill: theme.text }),
    );
    const rule = line(rect.x, baseline - 13, rect.x + rect.width, baseline - 13, theme.grid);
    return rule + mark(rect.x, baseline, entry, rect.width - heads.length * figureWidth) + figures.join('');
  });
  return [...top, ...rows].join('');
}
