import { textWidth } from './draw-svg.js';
import type { TableColumn } from './draw-table-columns.js';

/** Of a cell, both sides together. */
export const padding = 14;

/** Largest first: the first at which everything but long messages has room is taken. */
const sizes = [11.5, 10.5, 9.5];

/** A cell wider than this may be cut. */
const longText = 220;
const longestText = 420;

export interface TableLayout {
  readonly size: number;
  readonly widths: readonly number[];
  /** Of each column's title, one line or two. */
  readonly heads: readonly (readonly string[])[];
}

/** Shares `width` among the columns: what their texts need, titles in two lines where one is too long, and what is left over alike. */
export function layoutTable(columns: readonly TableColumn[], rows: number, width: number): TableLayout {
  const size = sizes.find((one) => total(least(columns, rows, one, longText)) <= width) ?? sizes.at(-1)!;
  const one = least(columns, rows, size, longestText);
  const wish = columns.map(({ title }, index) => Math.max(one[index]!, headWidth([title], size) + padding));
  const widths = total(wish) <= width ? widened(wish, width) : widened(narrowed(one, width), width);
  const heads = columns.map(({ title }, index) => {
    const isWide = headWidth([title], size) + padding <= widths[index]! + 1;
    return isWide ? [title] : wrapped(title, size);
  });
  return { size, widths, heads };
}

function least(columns: readonly TableColumn[], rows: number, size: number, most: number): number[] {
  return columns.map(({ title, cells }) => {
    const longest = Math.max(...cells.slice(0, rows).map(({ text }) => textWidth(text, size)));
    return Math.max(headWidth(wrapped(title, size), size), Math.min(longest, most)) + padding;
  });
}

/** To `width` in all: what is too much is taken from the widest columns, which hold messages and paths. */
function narrowed(widths: readonly number[], width: number): number[] {
  const narrowest = width / widths.length;
  let most = Math.max(...widths);
  const limited = (): number[] => widths.map((one) => Math.min(one, most));
  while (total(limited()) > width && most > narrowest) most -= 1;
  return limited();
}

function widened(widths: readonly number[], width: number): number[] {
  const spare = (width - total(widths)) / widths.length;
  return widths.map((one) => one + spare);
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, 0);
}

/** Broken where the wider half is narrowest. */
function wrapped(title: string, size: number): string[] {
  const words = title.split(' ');
  const breaks = words.slice(1).map((_, at) => [words.slice(0, at + 1), words.slice(at + 1)]);
  const halves = breaks.map((parts) => parts.map((part) => part.join(' ')));
  return halves.toSorted((a, b) => headWidth(a, size) - headWidth(b, size))[0] ?? [title];
}

/** Heads are a little bolder than the rest. */
function headWidth(lines: readonly string[], size: number): number {
  return 1.06 * Math.max(...lines.map((text) => textWidth(text, size)));
}
