/** What a variable stands for: one value, several, or All, which goes into the query as it is. */
export type VariableValue = string | readonly string[] | { readonly raw: string };

/** The value of a variable whose choice is All. */
export const ALL: VariableValue = { raw: '.*' };

export interface Interpolation {
  /** Milliseconds since 1970, both ends inclusive. */
  readonly from: number;
  readonly to: number;
  /** What `$__interval` is for the panel's width, such as `1h`. */
  readonly interval: string;
  readonly variables: Readonly<Record<string, VariableValue>>;
}

/**
 * The query text that Grafana sends for `text`: `$timeFilter`, `$__interval` and variables expanded as its InfluxQL data source does (grafana
 * public/app/plugins/datasource/influxdb/datasource.ts `interpolateQueryExpr`, pkg/tsdb/influxdb/models/query.go `Build`): several values become a
 * group of alternatives, escaped; one value is escaped only between the slashes of a regular expression; All goes in as it is.
 * @throws RangeError when the text names a variable that is not given: a typing error in a dashboard
 */
export function interpolate(text: string, { from, to, interval, variables }: Interpolation): string {
  const expanded = expandVariables(text, variables);
  return expanded
    .replaceAll('$timeFilter', `time >= ${from}ms and time <= ${to}ms`)
    .replaceAll('$__interval', interval);
}

const MACROS: ReadonlySet<string> = new Set(['timeFilter', '__interval']);

/** A `$name` that is not preceded by a word: the `$` that ends a regular expression is followed by `/`. */
const NAME = /\$([A-Za-z_]\w*)/g;

/** The variables that a query names, macros left out. */
export function variablesOf(text: string): readonly string[] {
  const names = [...text.matchAll(NAME)].map((match) => match[1]!);
  return [...new Set(names)].filter((name) => !MACROS.has(name));
}

function expandVariables(text: string, variables: Interpolation['variables']): string {
  return text.replace(NAME, (whole, name: string, at: number) => {
    if (MACROS.has(name)) return whole;
    const value = variables[name];
    if (value === undefined) throw new RangeError(`the query names $${name}, which has no value: ${text}`);
    return expand(value, isInsideRegex(text, at));
  });
}

function expand(value: VariableValue, insideRegex: boolean): string {
  if (typeof value === 'string') return insideRegex ? escapeRegex(value) : value;
  if ('raw' in value) return value.raw;
  return `(${value.map(escapeRegex).join('|')})`;
}

/** Our queries have no slash but those around regular expressions, and a division; a variable stands directly behind `/^`. */
function isInsideRegex(text: string, at: number): boolean {
  return text.slice(0, at).endsWith('/^');
}

/** Grafana's own list of characters (@grafana/data `escapeRegex`). */
function escapeRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}
