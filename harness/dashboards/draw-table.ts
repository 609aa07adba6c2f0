import type { AnswerSeries } from './draw-frames.js';
import { box, fitText, inset, label, line, type Rect } from './draw-svg.js';
import { columnsOf, type TableColumn } from './draw-table-columns.js';
import { layoutTable, padding } from './draw-table-layout.js';
import { inkOn, theme } from './draw-theme.js';
import type { PanelSpec } from './panel.js';

const rowHeight = 25;
const lineHeight = 14;

/** As many rows as have room, and how many there are. */
export function drawTable(
  panel: PanelSpec,
  answers: readonly (readonly AnswerSeries[])[],
  rect: Rect,
): string {
  const columns = columnsOf(panel, answers[0] ?? []);
  const count = columns[0]?.cells.length ?? 0;
  const { size, widths, heads } = layoutTable(columns, rowsIn(rect, count), rect.width);
  const table = heads.some((lines) => lines.length > 1) ? inset(rect, { top: lineHeight }) : rect;
  const shown = rowsIn(table, count);
  let x = table.x;
  const drawn = columns.map((column, index) => {
    const place = { ...table, x, width: widths[index]! };
    x += place.width;
    return drawHead(column, heads[index]!, place, size) + drawCells(column, place, shown, size);
  });
  return drawRules(table, shown) + drawn.join('') + drawCount(rect, shown, count);
}

function rowsIn({ height }: Rect, count: number): number {
  return Math.min(count, Math.floor((height - rowHeight) / rowHeight));
}

function drawRules({ x, y, width }: Rect, rows: number): string {
  return Array.from({ length: rows + 1 }, (_, row) => {
    const at = y + (row + 1) * rowHeight;
    return line(x, at, x + width, at, row === 0 ? theme.border : theme.grid);
  }).join('');
}

/** Beside the panel's title, where a reader of Grafana would scroll. */
function drawCount({ x, y, width }: Rect, shown: number, count: number): string {
  if (shown === count) return '';
  return label(x + width, y - 12, `${shown} of ${count} rows`, {
    size: 11,
    anchor: 'end',
    fill: theme.faint,
  });
}

function textPlace({ isNumber }: TableColumn, { x, width }: Rect) {
  return isNumber
    ? { x: x + width - padding / 2, anchor: 'end' as const }
    : { x: x + padding / 2, anchor: 'start' as const };
}

function drawHead(column: TableColumn, lines: readonly string[], place: Rect, size: number): string {
  const { x, anchor } = textPlace(column, place);
  return lines
    .map((text, index) => {
      const baseline = place.y + 17 - (lines.length - 1 - index) * lineHeight;
      const fitting = fitText(text, place.width - padding / 2, size);
      return label(x, baseline, fitting, { size, anchor, weight: 500, fill: theme.muted });
    })
    .join('');
}

function drawCells(column: TableColumn, place: Rect, shown: number, size: number): string {
  const { x, anchor } = textPlace(column, place);
  const plain = column.isLink ? theme.link : theme.text;
  return column.cells
    .slice(0, shown)
    .map(({ text, paint }, row) => {
      const top = place.y + (row + 1) * rowHeight;
      const cell = { x: place.x + 1, y: top + 1, width: place.width - 2, height: rowHeight - 2 };
      const fill = paint === undefined ? plain : inkOn(paint);
      const fitting = fitText(text, place.width - padding + 1, size);
      return (
        (paint === undefined ? '' : box(cell, paint)) + label(x, top + 17, fitting, { size, anchor, fill })
      );
    })
    .join('');
}
