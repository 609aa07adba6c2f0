/** The little of SVG that the pictures of dashboards need. Numbers have at most one decimal, so that pictures are byte-stable and small. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeText(value!)}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** One decimal at most, and no negative zero. */
export function coordinate(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return String(rounded === 0 ? 0 : rounded);
}

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function inset(
  { x, y, width, height }: Rect,
  by: Partial<Record<'left' | 'top' | 'right' | 'bottom', number>>,
): Rect {
  const { left = 0, top = 0, right = 0, bottom = 0 } = by;
  return { x: x + left, y: y + top, width: width - left - right, height: height - top - bottom };
}

export function box(rect: Rect, fill: string, more: Attributes = {}): string {
  return element('rect', { ...rect, fill, ...more });
}

export interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: number;
  /** Degrees, about the text's own place. */
  readonly rotate?: number;
}

/** Text whose baseline is at (x, y). */
export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 12, fill, anchor, weight, rotate } = style;
  const attributes = {
    x,
    y,
    'font-size': size,
    fill,
    'text-anchor': anchor === 'start' ? undefined : anchor,
    'font-weight': weight,
    transform: rotate === undefined ? undefined : `rotate(${rotate} ${coordinate(x)} ${coordinate(y)})`,
  };
  return element('text', attributes, escapeText(text));
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  more: Attributes = {},
): string {
  return element('line', { x1, y1, x2, y2, stroke, ...more });
}

/** Width of a text in pixels, as sans-serif fonts have it on the average: fonts differ, so that room is to be left. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) {
    if (/[iljtfrI.,:;'|!()[\] ]/.test(character)) ems += 0.32;
    else if (/[mwMW@%]/.test(character)) ems += 0.88;
    else ems += /[A-Z]/.test(character) ? 0.68 : 0.56;
  }
  return ems * size;
}

/** The text, or as much of it as has room, with an ellipsis. */
export function fitText(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  let end = text.length;
  while (end > 0 && textWidth(`${text.slice(0, end)}…`, size) > width) end--;
  return end === 0 ? '' : `${text.slice(0, end).trimEnd()}…`;
}
