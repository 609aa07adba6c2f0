import type { AnswerSeries } from '../dashboards/draw-frames.js';
import { interpolate } from '../dashboards/interpolate.js';
import type { AlertSpec, AlertStep } from '../dashboards/panel.js';
import type { Asked } from './ask.js';
import { grafanaInterval } from './grafana-interval.js';

/** Values by labels, as text. */
type Values = ReadonlyMap<string, readonly number[]>;

/**
 * The label sets for which a rule's condition holds at `now`, as Grafana's server-side expressions come to it; how long it must
 * hold is left out. Without data it is what the rule says: one empty label set for `Alerting`.
 */
export async function firing(server: Asked, rule: AlertSpec, now: number): Promise<string[]> {
  const known = new Map<string, Values>();
  for (const step of rule.steps) known.set(step.refId, await valuesOf(server, step, known, now));
  const outcome = known.get(rule.condition)!;
  if (outcome.size === 0) return rule.whenNoData === 'Alerting' ? [''] : [];
  return [...outcome].filter(([, [value]]) => value !== undefined && value !== 0).map(([labels]) => labels);
}

async function valuesOf(
  server: Asked,
  step: AlertStep,
  known: ReadonlyMap<string, Values>,
  now: number,
): Promise<Values> {
  if (step.kind === 'query') return ask(server, step, now);
  if (step.kind === 'math') return compute(step.expression, known);
  const of = known.get(step.of)!;
  return new Map(
    [...of].map(([labels, values]) => [
      labels,
      [step.kind === 'reduce' ? reduce(step.by, values) : Number(compare(step, values[0]!))],
    ]),
  );
}

async function ask(server: Asked, step: Extract<AlertStep, { kind: 'query' }>, now: number): Promise<Values> {
  const span = 1000 * step.lookBackSeconds;
  const interval = grafanaInterval(span, 1000);
  const text = interpolate(step.text, { from: now - span, to: now, interval, variables: {} });
  const answer = await server.query(text);
  return new Map(answer.map((series) => [labelsOf(series), numbersOf(series)]));
}

function labelsOf({ tags = {} }: AnswerSeries): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function numbersOf({ name, columns, values }: AnswerSeries): number[] {
  if (columns.length !== 2) throw new Error(`an alert wants one value, not ${columns.join(', ')} of ${name}`);
  return values.flatMap(([, value]) => (typeof value === 'number' ? [value] : []));
}

function reduce(by: 'last' | 'sum' | 'mean' | 'max', values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (by === 'last') return values.at(-1)!;
  if (by === 'max') return Math.max(...values);
  return by === 'sum' ? sum : sum / values.length;
}

function compare({ is, value }: Extract<AlertStep, { kind: 'threshold' }>, of: number): boolean {
  return is === 'above' ? of > value : of < value;
}

/** Grafana's operators in our rules mean what JavaScript's do. Joins values of the same labels. */
function compute(expression: string, known: ReadonlyMap<string, Values>): Values {
  const names = [...new Set([...expression.matchAll(/\$(\w+)/g)].map((match) => match[1]!))];
  const body = new Function(...names.map((name) => `$${name}`), `return Number(${expression})`);
  const [first, ...others] = names.map((name) => known.get(name)!);
  const labels = [...first!.keys()].filter((label) => others.every((values) => values.has(label)));
  return new Map(
    labels.map((label) => [label, [body(...names.map((name) => known.get(name)!.get(label)![0])) as number]]),
  );
}
