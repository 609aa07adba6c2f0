/** A point of a picture. */
export interface ScatterPoint {
  readonly x: number;
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

const WIDTH = 860;
const HEIGHT = 480;
const MARGIN = { left: 96, right: 40, top: 64, bottom: 60 };
const TICKS = 5;

/** A scatter plot as a stand-alone SVG picture. The same points give the same bytes. */
export function scatterSvg(scatter: Scatter): string {
  const place = placement(scatter.points);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(MARGIN.left, 28, scatter.title, 'font-size="17" font-weight="600" fill="#1f2937"'),
    text(MARGIN.left, 47, scatter.note, 'fill="#6b7280"'),
    ...axes(scatter, place),
    frontLine(scatter.points, place),
    ...scatter.points.map((point) => dot(point, place)),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

interface Placement {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly ticksX: readonly number[];
  readonly ticksY: readonly number[];
}

/** Both axes start at 0, so that ratios can be seen. */
function placement(points: readonly ScatterPoint[]): Placement {
  const top = (values: number[]): number => Math.max(...values, Number.MIN_VALUE) * 1.08;
  const maxX = top(points.map((point) => point.x));
  const maxY = top(points.map((point) => point.y));
  const ticks = (max: number): number[] => Array.from({ length: TICKS + 1 }, (_, i) => (max * i) / TICKS);
  return {
    x: (value) => round(MARGIN.left + (value / maxX) * (WIDTH - MARGIN.left - MARGIN.right)),
    y: (value) => round(HEIGHT - MARGIN.bottom - (value / maxY) * (HEIGHT - MARGIN.top - MARGIN.bottom)),
    ticksX: ticks(maxX),
    ticksY: ticks(maxY),
  };
}

function axes({ x, y }: Scatter, place: Placement): string[] {
  const right = WIDTH - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const grid = 'stroke="#e5e7eb"';
  return [
    ...place.ticksY.map(
      (value) =>
        `<line x1="${MARGIN.left}" x2="${right}" y1="${place.y(value)}" y2="${place.y(value)}" ${grid}/>` +
        text(MARGIN.left - 8, place.y(value) + 4, y.format(value), 'text-anchor="end" fill="#6b7280"'),
    ),
    ...place.ticksX.map((value) =>
      text(place.x(value), bottom + 18, x.format(value), 'text-anchor="middle" fill="#6b7280"'),
    ),
    `<line x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="#9ca3af"/>`,
    text((MARGIN.left + right) / 2, HEIGHT - 14, x.title, 'text-anchor="middle" fill="#374151"'),
    `<text transform="translate(22 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle" fill="#374151">${markup(y.title)}</text>`,
  ];
}

/** A staircase: what is to be had for at most so much. */
function frontLine(points: readonly ScatterPoint[], place: Placement): string {
  const best = points.filter((point) => point.best).toSorted((a, b) => a.x - b.x);
  if (best.length === 0) return '';
  const steps = best.map(({ x, y }, index) =>
    index === 0 ? `M ${place.x(x)} ${place.y(y)}` : `H ${place.x(x)} V ${place.y(y)}`,
  );
  return `<path d="${steps.join(' ')}" fill="none" stroke="#0f766e" stroke-width="2" stroke-dasharray="6 4"/>`;
}

function dot({ x, y, label, best }: ScatterPoint, place: Placement): string {
  const [fill, weight] = best ? ['#0f766e', ' font-weight="600"'] : ['#cbd5e1', ''];
  const atRight = place.x(x) > WIDTH * 0.75;
  const side = atRight ? 'text-anchor="end"' : 'text-anchor="start"';
  const shift = atRight ? -9 : 9;
  return (
    `<circle cx="${place.x(x)}" cy="${place.y(y)}" r="5" fill="${fill}"/>` +
    text(place.x(x) + shift, place.y(y) - 7, label, `${side} fill="#374151" font-size="11"${weight}`)
  );
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
