import { type MarkKind, markSvg, round } from './mark.js';
import { escaped } from './markup.js';
import { type Box, CHARACTER, type LabelledPoint, LINE, overlap, placeLabels } from './place-labels.js';
import type { Scale } from './scale.js';
import { touching } from './touching.js';

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly kind: MarkKind;
  readonly accepted: boolean;
}

export interface PlotAxis {
  readonly title: string;
  readonly scale: Scale;
  readonly format: (value: number) => string;
}

/** A horizontal line that points are compared with. */
export interface PlotLine {
  readonly y: number;
  readonly label: string;
  readonly kind: 'base' | 'rule';
}

export interface Plot {
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly points: readonly PlotPoint[];
  readonly lines: readonly PlotLine[];
}

/** About as many as the page is wide: text keeps its size. */
const WIDTH = 1100;
const HEIGHT = 440;
const AREA: Box = { left: 78, top: 16, width: WIDTH - 78 - 18, height: HEIGHT - 16 - 54 };
const RIGHT = AREA.left + AREA.width;
const BOTTOM = AREA.top + AREA.height;

/** A scatter plot with a label at every point, as an SVG element whose colours come from the page's style. The same points give the same bytes. */
export function plotSvg(plot: Plot): string {
  const x = (value: number) => AREA.left + plot.x.scale.place(value) * AREA.width;
  const y = (value: number) => BOTTOM - plot.y.scale.place(value) * AREA.height;
  const points = plot.points.map((point) => ({ ...point, x: x(point.x), y: y(point.y) }));
  const lines = plot.lines.map((line) => ({ ...line, y: y(line.y) })).filter(visible);
  const places = lineLabels(lines, points);
  return [
    `<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(plot.description)}">`,
    ...gridX(plot.x, x),
    ...gridY(plot.y, y),
    ...lines.map((line, index) => lineSvg(line, places[index]!)),
    ...pointsSvg(points, [...places, ...lines.map(strip)]),
    '</svg>',
  ].join('\n');
}

function visible({ y }: { readonly y: number }): boolean {
  return y >= AREA.top && y <= BOTTOM;
}

function gridX({ title, scale, format }: PlotAxis, x: (value: number) => number): string[] {
  return [
    ...scale.ticks.map(
      (tick) =>
        `<line class="grid" x1="${round(x(tick))}" x2="${round(x(tick))}" y1="${AREA.top}" y2="${BOTTOM}"/>` +
        `<text class="tick" x="${round(x(tick))}" y="${BOTTOM + 18}" text-anchor="middle">${escaped(format(tick))}</text>`,
    ),
    `<line class="axis" x1="${AREA.left}" x2="${RIGHT}" y1="${BOTTOM}" y2="${BOTTOM}"/>`,
    `<text class="title" x="${AREA.left + AREA.width / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(title)}</text>`,
  ];
}

function gridY({ title, scale, format }: PlotAxis, y: (value: number) => number): string[] {
  const middle = AREA.top + AREA.height / 2;
  return [
    ...scale.ticks.map(
      (tick) =>
        `<line class="grid" x1="${AREA.left}" x2="${RIGHT}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>` +
        `<text class="tick" x="${AREA.left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${escaped(format(tick))}</text>`,
    ),
    `<text class="title" transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${escaped(title)}</text>`,
  ];
}

type DrawnLine = PlotLine & { readonly y: number };

/** Where labels would be struck through. */
function strip({ y }: DrawnLine): Box {
  return { left: AREA.left, top: y - 1, width: AREA.width, height: 2 };
}

/** How far around a line's label there shall be no point: their own labels need room. */
const LINE_LABEL_ROOM = { left: 100, top: 24, width: 200, height: 48 };

/** Above the line, or below it where the one above is taken; at the right end, or at the left one where points crowd the right. */
function lineLabels(lines: readonly DrawnLine[], points: readonly LabelledPoint[]): Box[] {
  const boxes: Box[] = [];
  for (const { y, label } of lines) {
    const width = label.length * CHARACTER;
    const at = (left: number, top: number): Box => ({ left, top, width, height: LINE });
    const above =
      boxes.some(({ top }) => Math.abs(top - (y - 16)) < LINE) || y - 16 < AREA.top ? y + 3 : y - 16;
    const ends = [at(RIGHT - width - 4, above), at(AREA.left + 4, above)];
    boxes.push(ends.find((box) => !crowded(box, points)) ?? ends[0]!);
  }
  return boxes;
}

function crowded(box: Box, points: readonly LabelledPoint[]): boolean {
  const room = {
    left: box.left - LINE_LABEL_ROOM.left,
    top: box.top - LINE_LABEL_ROOM.top,
    width: box.width + LINE_LABEL_ROOM.width,
    height: box.height + LINE_LABEL_ROOM.height,
  };
  return points.some(({ x, y }) => overlap({ left: x, top: y, width: 1, height: 1 }, [room]) > 0);
}

function lineSvg({ y, label, kind }: DrawnLine, box: Box): string {
  const atLeft = box.left === AREA.left + 4;
  const x = atLeft ? box.left : box.left + box.width;
  return (
    `<line class="line ${kind}" x1="${AREA.left}" x2="${RIGHT}" y1="${round(y)}" y2="${round(y)}"/>` +
    `<text class="line-label ${kind}" x="${round(x)}" y="${round(box.top + 10)}" text-anchor="${atLeft ? 'start' : 'end'}">${escaped(label)}</text>`
  );
}

function pointsSvg(points: readonly (PlotPoint & LabelledPoint)[], taken: readonly Box[]): string[] {
  const named = touching(points);
  const labels = placeLabels(named, AREA, taken);
  const leaders = named.flatMap(({ x, y }, index) => {
    const { box, leader } = labels[index]!;
    if (!leader) return [];
    const endX = Math.min(Math.max(x, box.left), box.left + box.width);
    const endY = box.top + box.height / 2 < y ? box.top + box.height : box.top;
    return [
      `<line class="leader" x1="${round(x)}" y1="${round(y)}" x2="${round(endX)}" y2="${round(endY)}"/>`,
    ];
  });
  const marks = points.map(({ kind, x, y, accepted }) => markSvg(kind, x, y, accepted));
  const texts = named.map(({ label }, index) => {
    const { left, top } = labels[index]!.box;
    return `<text class="label" x="${round(left)}" y="${round(top + 10)}">${escaped(label)}</text>`;
  });
  return [...leaders, ...marks, ...texts];
}
