import { type AnswerSeries, type Cell, tableOf } from './draw-frames.js';
import { fieldNamed, styleOf, textOf, valueColor } from './draw-values.js';
import type { FieldSpec, PanelSpec } from './panel.js';

export interface TableColumn {
  readonly title: string;
  readonly isNumber: boolean;
  readonly isLink: boolean;
  readonly cells: readonly { readonly text: string; readonly paint?: string | undefined }[];
}

/** Columns in the order of the panel's fields, as the dashboards have Grafana order them, with sorted rows. */
export function columnsOf(panel: PanelSpec, answer: readonly AnswerSeries[]): TableColumn[] {
  const { columns, rows } = tableOf(answer);
  const { fields = [] } = panel;
  const place = (name: string): number => {
    const at = fields.findIndex((field) => field.name === name);
    return at < 0 ? fields.length : at;
  };
  const sorted = sortRows(panel, columns, rows);
  return columns
    .map((name, at) => ({ name, field: fieldNamed(panel, name), cells: sorted.map((row) => row[at]!) }))
    .filter(({ field }) => field?.hidden !== true)
    .toSorted((a, b) => place(a.name) - place(b.name))
    .map(({ name, field, cells }) => ({
      title: field?.label ?? name,
      isNumber: name !== 'Time' && cells.some((cell) => typeof cell === 'number'),
      isLink: field?.link !== undefined,
      cells: cells.map((cell) => ({
        text: cellText(panel, name, field, cell),
        paint: paintOf(panel, field, cell),
      })),
    }));
}

function sortRows(
  { sortBy, fields = [] }: PanelSpec,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): readonly (readonly Cell[])[] {
  if (sortBy === undefined) return rows;
  const name = fields.find(({ label }) => label === sortBy.field)?.name ?? sortBy.field;
  const at = columns.indexOf(name);
  const sign = sortBy.descending ? -1 : 1;
  return rows.toSorted((a, b) => sign * (Number(a[at]) - Number(b[at])));
}

function paintOf(panel: PanelSpec, field: FieldSpec | undefined, cell: Cell): string | undefined {
  if (field?.painted !== true || (typeof cell !== 'number' && typeof cell !== 'string')) return undefined;
  const color = valueColor(cell, styleOf(panel, field));
  return color === 'none' ? undefined : color;
}

function cellText(panel: PanelSpec, name: string, field: FieldSpec | undefined, cell: Cell): string {
  if (cell === null) return '';
  if (name === 'Time') return new Date(Number(cell)).toISOString().slice(0, 19).replace('T', ' ');
  return typeof cell === 'boolean' ? String(cell) : textOf(cell, styleOf(panel, field));
}
