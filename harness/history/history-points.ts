import type { RunResult } from '../results/result.js';
import { toLine } from '../sinks/influx/line-protocol.js';
import { pointsOf } from '../sinks/influx/points.js';
import type { BaseRuns } from './base-runs.js';
import { liveFeed } from './live-feed.js';
import { nights } from './schedule.js';
import { seededHistory } from './seeded-history.js';

const liveSeconds = 600;

export interface History {
  readonly results: readonly RunResult[];
  /** Line protocol. */
  readonly lines: readonly string[];
  /** Milliseconds: the morning after the last night, with a run going on. */
  readonly now: number;
}

/**
 * The seeded history as it goes to a server: its last night on the day of `lastNight` (UTC), and the live feed of its morning,
 * or up to `liveEnd` in milliseconds.
 */
export function historyOf(base: BaseRuns, lastNight: Date, liveEnd?: number): History {
  const results = seededHistory(base, lastNight);
  const now = new Date(`${lastNight.toISOString().slice(0, 10)}T06:00:00Z`).getTime();
  const newest = results.filter(({ run }) => Date.parse(run.startedAt) > now - 86_400_000);
  const running = newest.filter(({ run }) => run.title === 'first light');
  const points = [
    ...results.flatMap((result) => pointsOf(result)),
    ...liveFeed(running, liveEnd ?? now, liveSeconds),
  ];
  return { results, lines: points.map(toLine), now };
}

/** The morning of one of the history's nights, counted from 1. */
export function morningOf({ now }: Pick<History, 'now'>, night: number): number {
  return now - (nights - night) * 86_400_000;
}
