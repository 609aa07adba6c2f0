import type { QuerySpec } from './panel.js';

/** A series as InfluxDB answers it; times are nanoseconds, as numbers or text. */
export interface AnswerSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly Cell[])[];
}

export type Cell = string | number | boolean | null;

/** One line of a chart: times in milliseconds; a value is text where the field is. */
export interface FrameSeries {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly value: number | string }[];
}

/** What a table panel shows before its columns are renamed. `Time` is in milliseconds. */
export interface FrameTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** As Grafana's InfluxQL data source makes time series: one per tag set and column, named by the alias. Nulls are left out. */
export function seriesOf(query: QuerySpec, answer: readonly AnswerSeries[]): FrameSeries[] {
  return answer.flatMap((series) =>
    series.columns.slice(1).map((column, index) => ({
      name: query.alias === undefined ? defaultName(series, column) : named(query.alias, series, column),
      points: series.values.flatMap((row) => pointOf(row[0]!, row[index + 1]!)),
    })),
  );
}

function pointOf(time: Cell, value: Cell): FrameSeries['points'] {
  if (value === null) return [];
  return [{ at: milliseconds(time), value: typeof value === 'boolean' ? Number(value) : value }];
}

function defaultName({ name, tags }: AnswerSeries, column: string): string {
  const pairs = Object.entries(tags ?? {}).map(([key, value]) => `${key}: ${value}`);
  return `${name}.${column}${pairs.length === 0 ? '' : ` {${pairs.join(', ')}}`}`;
}

function named(alias: string, { name, tags }: AnswerSeries, column: string): string {
  return alias
    .replace(/\$tag_(\w+)/g, (_, tag: string) => tags?.[tag] ?? '')
    .replaceAll('$col', column)
    .replaceAll('$m', name);
}

/** As Grafana's table format: the time, the tags that were grouped by, and the columns, with the rows of all series. */
export function tableOf(answer: readonly AnswerSeries[]): FrameTable {
  const [first] = answer;
  if (first === undefined) return { columns: [], rows: [] };
  const tags = Object.keys(first.tags ?? {});
  return {
    columns: ['Time', ...tags, ...first.columns.slice(1)],
    rows: answer.flatMap((series) =>
      series.values.map(([time, ...cells]) => [
        milliseconds(time!),
        ...tags.map((tag) => series.tags?.[tag] ?? null),
        ...cells,
      ]),
    ),
  };
}

function milliseconds(time: Cell): number {
  return Number(BigInt(String(time)) / 1_000_000n);
}
