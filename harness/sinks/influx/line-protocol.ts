import { InfraError, TokenrackError } from '../../errors.js';
import type { FieldValue, Point } from './point.js';

const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** What InfluxDB takes as a time: the ends of int64 mean something else to it. */
const TIME = { least: INT64.least + 2n, most: INT64.most - 1n };

/**
 * A point as one line of line protocol v1 with nanoseconds, without its line feed. The same point gives the same line: tags
 * and fields are sorted by key. Tag values are escaped by `escapeTag`, and empty ones left out; field strings may hold
 * anything, line feeds too. A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD.
 * Grammar: InfluxDB 1.8, "Line protocol reference".
 * @throws TokenrackError `bad-point` (a bug of ours) naming what is wrong: a value that is not finite, a name that cannot be carried
 */
export function toLine(point: Point): string {
  const { measurement, tags, fields, timestampNs } = point;
  checkName(measurement, 'measurement', point);
  if (measurement.startsWith('#')) refuse(point, 'the measurement begins with "#", as a comment does');
  const series = [escapeName(measurement, MEASUREMENT_SPECIALS), ...tagPairs(point, tags)].join(',');
  const values = Object.keys(fields)
    .sort()
    .map((key) => `${keyOf(key, 'field', point)}=${fieldText(fields[key]!, key, point)}`);
  if (values.length === 0) refuse(point, 'it has no fields');
  if (timestampNs < TIME.least || timestampNs > TIME.most)
    refuse(point, `its time ${timestampNs} is out of range`);
  return `${series} ${values.join(',')} ${timestampNs}`;
}

const MEASUREMENT_SPECIALS = /[, ]/g;
const KEY_SPECIALS = /[,= ]/g;

function escapeName(name: string, specials: RegExp): string {
  return name.replace(specials, '\\$&');
}

function tagPairs(point: Point, tags: Point['tags']): string[] {
  return Object.keys(tags)
    .filter((key) => tags[key] !== '')
    .sort()
    .map(
      (key) => `${keyOf(key, 'tag', point)}=${escapeName(escapeTag(wellFormed(tags[key]!)), KEY_SPECIALS)}`,
    );
}

/** Keys found good, escaped: there are few, and a point has two dozen of them. */
const goodKeys = new Map<string, string>();

function keyOf(key: string, what: string, point: Point): string {
  const known = goodKeys.get(key);
  if (known !== undefined) return known;
  checkName(key, `${what} key`, point);
  if (key === 'time') refuse(point, `the ${what} key "time" is InfluxDB's own`);
  const escaped = escapeName(key, KEY_SPECIALS);
  goodKeys.set(key, escaped);
  return escaped;
}

/** Names are ours, so that what line protocol cannot carry in them is a bug rather than something to escape. */
function checkName(name: string, what: string, point: Point): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (name === '' || /["\\\u0000-\u001f\u007f]/.test(name) || name !== wellFormed(name)) {
    refuse(point, `the ${what} ${JSON.stringify(name)} cannot be a name`);
  }
}

function fieldText(value: FieldValue, key: string, point: Point): string {
  if (typeof value === 'string') return `"${wellFormed(value).replace(/["\\]/g, '\\$&')}"`;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(point, `the field "${key}" is ${value}`);
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (value < INT64.least || value > INT64.most)
    refuse(point, `the field "${key}" is ${value}, beyond 64 bits`);
  return `${value}i`;
}

/** Without lone surrogates. Few texts have any surrogates, and looking for lone ones is slow. */
function wellFormed(text: string): string {
  if (!/[\ud800-\udfff]/.test(text)) return text;
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

function refuse({ measurement }: Point, reason: string): never {
  const message = `a point of ${JSON.stringify(measurement)} cannot be written: ${reason}`;
  throw new TokenrackError('bad-point', 'harness-bug', message, { measurement });
}

/**
 * The point that `toLine` made a line of, without its line feed.
 * @throws InfraError `bad-line` saying what is wrong where: the line was torn or is of another make
 */
export function parseLine(line: string): Point {
  const seriesEnd = scan(line, 0, ' ');
  const fieldsEnd = scanQuoted(line, seriesEnd + 1, ' ');
  const time = line.slice(fieldsEnd + 1);
  if (!/^-?\d+$/.test(time)) malformed(line, 'it has no time');
  const [measurement = '', ...tags] = split(line.slice(0, seriesEnd), scan);
  if (measurement === '' || measurement.startsWith('#')) malformed(line, 'it has no measurement');
  const fields = split(line.slice(seriesEnd + 1, fieldsEnd), scanQuoted);
  return {
    measurement: unescapeName(measurement),
    tags: Object.fromEntries(
      tags.map((pair) => parsePair(line, pair, (text) => unescapeTag(unescapeName(text)))),
    ),
    fields: Object.fromEntries(fields.map((pair) => parsePair(line, pair, (text) => parseField(line, text)))),
    timestampNs: BigInt(time),
  };
}

/** Where the next unescaped `stop` is from `from` on; the text's length when there is none. */
function scan(text: string, from: number, stop: string): number {
  let at = from;
  while (at < text.length && text[at] !== stop) at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

/** `scan` that passes over quoted strings. */
function scanQuoted(text: string, from: number, stop: string): number {
  let at = from;
  while (at < text.length && text[at] !== stop) {
    if (text[at] === '"') at = scan(text, at + 1, '"') + 1;
    else at += text[at] === '\\' ? 2 : 1;
  }
  return Math.min(at, text.length);
}

function split(text: string, scanner: typeof scan): string[] {
  const parts: string[] = [];
  for (let from = 0; from <= text.length; ) {
    const end = scanner(text, from, ',');
    parts.push(text.slice(from, end));
    from = end + 1;
  }
  return parts;
}

function parsePair<T>(line: string, pair: string, parse: (text: string) => T): [string, T] {
  const equals = scan(pair, 0, '=');
  if (equals === 0 || equals >= pair.length - 1)
    malformed(line, `${JSON.stringify(pair)} is no key and value`);
  return [unescapeName(pair.slice(0, equals)), parse(pair.slice(equals + 1))];
}

function unescapeName(text: string): string {
  return text.replace(/\\([,= ])/g, '$1');
}

const FLOAT = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function parseField(line: string, text: string): FieldValue {
  if (/^"(?:[^"\\]|\\.)*"$/s.test(text)) return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  if (/^-?\d+i$/.test(text)) return BigInt(text.slice(0, -1));
  if (FLOAT.test(text)) return Number(text);
  return malformed(line, `${JSON.stringify(text)} is no value of a field`);
}

function malformed(line: string, reason: string): never {
  const message = `not a line of line protocol: ${reason}: ${JSON.stringify(line.slice(0, 120))}`;
  throw new InfraError('bad-line', message, { line });
}

/** A tag value without what line protocol cannot carry, reversibly: `%`, `\` and control characters become `%` and two hex digits. */
export function escapeTag(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return text.replace(/[%\\\u0000-\u001f\u007f]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The text that `escapeTag` made this of: for whoever shows tag values to people. */
export function unescapeTag(text: string): string {
  return text.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
