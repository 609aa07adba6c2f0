import { type AnswerSeries, seriesOf, tableOf } from '../dashboards/draw-frames.js';
import { ALL, type Interpolation, interpolate, type VariableValue } from '../dashboards/interpolate.js';
import type { DashboardSpec, PanelSpec, QuerySpec, VariableSpec } from '../dashboards/panel.js';
import { grafanaInterval } from './grafana-interval.js';

/** Whatever answers InfluxQL. */
export interface Asked {
  query(influxql: string): Promise<readonly AnswerSeries[]>;
}

export type Choices = Interpolation['variables'];

/** What Grafana has chosen when a dashboard is opened: All where several may be chosen, else the first value there is. */
export async function defaultChoices(server: Asked, dashboard: DashboardSpec): Promise<Choices> {
  let choices: Record<string, VariableValue> = {};
  for (const variable of dashboard.variables) {
    const [first] = await valuesOf(server, variable, choices);
    if (first === undefined)
      throw new Error(`the variable ${variable.name} of ${dashboard.title} has no value`);
    choices = { ...choices, [variable.name]: variable.multi ? ALL : first };
  }
  return choices;
}

/**
 * What is chosen when a dashboard is opened, and then with every value of its second variable of one value at a time and so on, that
 * `makes` sense: a scenario has not every format.
 */
export async function everyChoice(
  server: Asked,
  dashboard: DashboardSpec,
  makes: (choices: Choices) => boolean,
): Promise<Choices[]> {
  const defaults = await defaultChoices(server, dashboard);
  let all: Choices[] = [defaults];
  for (const variable of dashboard.variables.filter(({ multi }) => !multi)) {
    const values = await valuesOf(server, variable, defaults);
    all = all.flatMap((choices) => values.map((value) => ({ ...choices, [variable.name]: value })));
  }
  return all.filter(makes);
}

/** What a variable offers after the choices before it, in Grafana's order. */
export async function valuesOf(server: Asked, variable: VariableSpec, choices: Choices): Promise<string[]> {
  const text = interpolate(variable.query, { from: 0, to: 0, interval: '1m', variables: choices });
  const answer = await server.query(text);
  const values = answer.flatMap((series) => series.values.map((row) => String(row[1])));
  return [...new Set(values)].sort();
}

/** Milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The dashboard's own span up to `now`, such as `now-30d`. */
export function spanOf(dashboard: DashboardSpec, now: number): Span {
  return spanBack(dashboard.from.replace('now-', ''), now);
}

function spanBack(duration: string, now: number): Span {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const milliseconds = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 }[unit ?? ''];
  if (milliseconds === undefined) throw new Error(`"${duration}" is no duration`);
  return { from: now - Number(count) * milliseconds, to: now };
}

/** A panel may look at a span of its own, up to the same end. */
export function panelSpan({ timeFrom }: PanelSpec, span: Span): Span {
  return timeFrom === undefined ? span : spanBack(timeFrom, span.to);
}

/** What the server answers to each query of a panel, interpolated as Grafana would on a screen of 1500 pixels. */
export async function askPanel(
  server: Asked,
  panel: PanelSpec,
  span: Span,
  choices: Choices,
): Promise<(readonly AnswerSeries[])[]> {
  const { from, to } = panelSpan(panel, span);
  const interval = grafanaInterval(to - from, panel.grid.w * 60);
  const answers = [];
  for (const query of panel.queries) {
    answers.push(await server.query(interpolate(query.text, { from, to, interval, variables: choices })));
  }
  return answers;
}

/** Why an answer cannot be shown by its panel; undefined when it can. */
export function unfitness(
  panel: PanelSpec,
  query: QuerySpec,
  answer: readonly AnswerSeries[],
): string | undefined {
  return query.shape === 'table' ? tableUnfitness(panel, answer) : seriesUnfitness(panel, query, answer);
}

function seriesUnfitness(
  panel: PanelSpec,
  query: QuerySpec,
  answer: readonly AnswerSeries[],
): string | undefined {
  const series = seriesOf(query, answer);
  if (series.every(({ points }) => points.length === 0)) return 'returns no values';
  const wanted = panel.kind === 'state-timeline' ? 'string' : 'number';
  const odd = series.flatMap(({ points }) => points).find(({ value }) => typeof value !== wanted);
  if (odd !== undefined) return `returns ${JSON.stringify(odd.value)} where a ${wanted} is shown`;
  if (series.some(({ name }) => name === '' || name.includes('$'))) return 'leaves a series without a name';
  return missing(
    (panel.fields ?? []).map(({ name }) => name),
    series.map(({ name }) => name),
  );
}

function tableUnfitness(panel: PanelSpec, answer: readonly AnswerSeries[]): string | undefined {
  const { columns, rows } = tableOf(answer);
  if (rows.length === 0) return 'returns no rows';
  return missing(columnsOf(panel), columns);
}

/** Columns of a table without a single value. */
export function bareColumns(query: QuerySpec, answer: readonly AnswerSeries[]): string[] {
  if (query.shape !== 'table') return [];
  const { columns, rows } = tableOf(answer);
  return columns.filter((_, at) => rows.every((row) => row[at] === null));
}

/** The columns that the panel's settings name, as the query has to give them. */
function columnsOf(panel: PanelSpec): string[] {
  const { fields = [], xField, yField, partitionBy = [], groupBy } = panel;
  const grouped = groupBy === undefined ? [] : [groupBy.by, ...groupBy.medians];
  const named = fields.map(({ name }) => name.replace(/ \(median\)$/, ''));
  return [...named, ...partitionBy, ...grouped, ...[xField, yField].filter((name) => name !== undefined)];
}

function missing(wanted: readonly string[], given: readonly string[]): string | undefined {
  const lack = wanted.filter((name) => !given.includes(name));
  return lack.length === 0
    ? undefined
    : `has no ${lack.map((name) => `"${name}"`).join(', ')} among ${given.join(', ')}`;
}
