import type { RunResult } from '../../results/result.js';
import type { FieldValue, Point } from './point.js';

export type ResultBoard = RunResult['boards'][number];

/** The tags of every measurement of a run but `live` (dashboards/SCHEMA.md). What the result does not know is left out. */
export function commonTags(result: RunResult, board: ResultBoard): Record<string, string> {
  const { labels, model, run } = result;
  return present({
    board: board.id,
    clock: board.clock,
    chip_rev: board.chipRevision === undefined ? undefined : String(board.chipRevision),
    link: board.link === 'rfc2217' ? board.link : undefined,
    model: model.name,
    format: model.format,
    strategy: model.strategy,
    suite: labels?.suite ?? 'adhoc',
    scenario: run.title,
    channel: labels?.channel ?? 'dev',
    arm: labels?.arm ?? 'candidate',
  });
}

/** A point before its time is known: points of a measurement are counted when all are there. */
export type UntimedPoint = Omit<Point, 'timestampNs'>;

/** Values that are there: unmeasured is absent. */
export function present<T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined),
  );
}

export type Fields = Readonly<Record<string, FieldValue>>;

/** As an integer field. */
export function integer(value: number | boolean): bigint;
export function integer(value: number | boolean | undefined): bigint | undefined;
export function integer(value: number | boolean | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

/** At most `length` characters, as people count them: never half of one. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
