import { linearTicks, logTicks } from './axis-ticks.js';

/** A point of a picture. */
export interface ScatterPoint {
  readonly x: number;
  /** Positive: the axis is logarithmic. */
  readonly y: number;
  readonly label: string;
  /** On the line that joins the best. */
  readonly best: boolean;
}

export interface ScatterAxis {
  readonly title: string;
  /** A value for people, with its unit. */
  readonly format: (value: number) => string;
}

export interface Scatter {
  readonly title: string;
  /** Said below the title, such as that times are modelled. */
  readonly note: string;
  readonly x: ScatterAxis;
  readonly y: ScatterAxis;
  readonly points: readonly ScatterPoint[];
}

const WIDTH = 1040;
const HEIGHT = 480;
const MARGIN = { left: 104, right: 330, top: 72, bottom: 60 };
const PLOT = { right: WIDTH - MARGIN.right, bottom: HEIGHT - MARGIN.bottom };
const INK = '#1f2937';
const FAINT = '#6b7280';
const BEST = '#0f766e';
const OTHER = '#94a3b8';
const LEGEND_LINE = 24;
/** Numbers of points that lie nearer to each other than this are set apart. */
const NUMBER_HEIGHT = 13;

/**
 * A scatter plot as a stand-alone SVG picture: cost from 0 on, gain on a logarithmic axis, points by number with a legend beside them. The same
 * points give the same bytes.
 */
export function scatterSvg(scatter: Scatter): string {
  const place = placement(scatter.points);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(MARGIN.left, 30, scatter.title, `font-size="17" font-weight="600" fill="${INK}"`),
    text(MARGIN.left, 50, scatter.note, `fill="${FAINT}"`),
    ...axes(scatter, place),
    frontLine(scatter.points, place),
    ...dots(scatter.points, place),
    ...legend(scatter),
    '</svg>',
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

interface Placement {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly ticksX: readonly number[];
  readonly ticksY: readonly number[];
}

function placement(points: readonly ScatterPoint[]): Placement {
  const ticksX = linearTicks(Math.max(1, ...points.map((point) => point.x)));
  const ticksY = logTicks(points.map((point) => point.y));
  const [least, most] = [Math.log(ticksY[0]!), Math.log(ticksY.at(-1)!)];
  const maxX = ticksX.at(-1)!;
  return {
    x: (value) => round(MARGIN.left + (value / maxX) * (PLOT.right - MARGIN.left)),
    y: (value) =>
      round(PLOT.bottom - ((Math.log(value) - least) / (most - least)) * (PLOT.bottom - MARGIN.top)),
    ticksX,
    ticksY,
  };
}

function axes({ x, y }: Scatter, place: Placement): string[] {
  const middleX = (MARGIN.left + PLOT.right) / 2;
  const middleY = (MARGIN.top + PLOT.bottom) / 2;
  return [
    ...place.ticksY.map(
      (value) =>
        `<line x1="${MARGIN.left}" x2="${PLOT.right}" y1="${place.y(value)}" y2="${place.y(value)}" stroke="#e5e7eb"/>` +
        text(MARGIN.left - 8, place.y(value) + 4, y.format(value), `text-anchor="end" fill="${FAINT}"`),
    ),
    ...place.ticksX.map((value) =>
      text(place.x(value), PLOT.bottom + 18, x.format(value), `text-anchor="middle" fill="${FAINT}"`),
    ),
    `<line x1="${MARGIN.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}" stroke="${OTHER}"/>`,
    text(middleX, HEIGHT - 14, x.title, `text-anchor="middle" fill="${INK}"`),
    `<text transform="translate(20 ${middleY}) rotate(-90)" text-anchor="middle" fill="${INK}">${markup(y.title)}, logarithmic</text>`,
  ];
}

/** A staircase: what is to be had for at most so much. */
function frontLine(points: readonly ScatterPoint[], place: Placement): string {
  const best = points.filter((point) => point.best).toSorted((a, b) => a.x - b.x);
  if (best.length === 0) return '';
  const steps = best.map(({ x, y }, index) =>
    index === 0 ? `M ${place.x(x)} ${place.y(y)}` : `H ${place.x(x)} V ${place.y(y)}`,
  );
  const end = `H ${PLOT.right}`;
  return `<path d="${steps.join(' ')} ${end}" fill="none" stroke="${BEST}" stroke-width="2" stroke-dasharray="6 4"/>`;
}

function dots(points: readonly ScatterPoint[], place: Placement): string[] {
  const taken: { x: number; y: number }[] = [];
  return points.map(({ x, y, best }, index) => {
    const at = { x: place.x(x) + 8, y: place.y(y) - 6 };
    while (taken.some((other) => Math.abs(other.x - at.x) < 16 && Math.abs(other.y - at.y) < NUMBER_HEIGHT))
      at.y -= NUMBER_HEIGHT;
    taken.push(at);
    const color = best ? BEST : OTHER;
    return (
      `<circle cx="${place.x(x)}" cy="${place.y(y)}" r="5" fill="${color}"/>` +
      text(at.x, at.y, String(index + 1), `fill="${INK}" font-size="11"`)
    );
  });
}

function legend({ points, x, y }: Scatter): string[] {
  return points.map((point, index) => {
    const top = MARGIN.top + 6 + index * LEGEND_LINE;
    const values = `${y.format(point.y)}, ${x.format(point.x)}`;
    const weight = point.best ? ' font-weight="600"' : '';
    return (
      `<circle cx="${PLOT.right + 28}" cy="${top - 4}" r="5" fill="${point.best ? BEST : OTHER}"/>` +
      text(PLOT.right + 42, top, `${index + 1}  ${point.label}`, `fill="${INK}"${weight}`) +
      text(PLOT.right + 42, top + 11, values, `fill="${FAINT}" font-size="10"`)
    );
  });
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${markup(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function markup(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
