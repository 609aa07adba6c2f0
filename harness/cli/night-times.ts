import { ConfigError } from '../errors.js';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/**
 * When a night starts nothing any more, in milliseconds since the epoch: the earlier of both, undefined without. A time of day is the next
 * one, by this machine's clock. @throws ConfigError `bad-time`
 */
export function endOfNight(
  { until, budget }: { readonly until?: string; readonly budget?: string },
  now: Date,
): number | undefined {
  const ends = [
    ...(until === undefined ? [] : [timeOf(until, now)]),
    ...(budget === undefined ? [] : [now.getTime() + durationOf(budget)]),
  ];
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function durationOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * UNITS[match[2]!]!;
  if (ms > 0) return ms;
  if (match !== null)
    throw new ConfigError('bad-time', `--budget ${text}: nothing would be started in no time; give more`);
  throw new ConfigError('bad-time', `--budget ${text}: give a number with its unit, such as 6h, 90m or 600s`);
}

function timeOf(text: string, now: Date): number {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (clock !== null) return nextAt(Number(clock[1]), Number(clock[2]), now);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new ConfigError(
      'bad-time',
      `--until ${text}: give a time of day such as 06:00, or 2027-01-31T06:00`,
    );
  if (at > now.getTime()) return at;
  throw new ConfigError('bad-time', `--until ${text} is over already`);
}

function nextAt(hours: number, minutes: number, now: Date): number {
  const at = new Date(now);
  at.setHours(hours, minutes, 0, 0);
  if (at <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}
