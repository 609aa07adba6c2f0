/** A scale from values to pixels, and the values that are marked on it. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** What numbers are round: any, whole ones, or those of KiB and MiB. */
export type Steps = 'any' | 'whole' | 'binary';

/** From `low` to `high`, which is more, and a little further, to round numbers; `start` and `end` are pixels. */
export function linearScale(
  low: number,
  high: number,
  [start, end]: readonly [start: number, end: number],
  wanted = 5,
  kind: Steps = 'any',
): Scale {
  const step = niceStep((high - low) / wanted, kind);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, nth) => roundTo((first + nth) * step, step));
  return { ticks, at: (value) => start + ((value / step - first) / (last - first)) * (end - start) };
}

function niceStep(raw: number, kind: Steps): number {
  if (kind === 'whole') return Math.max(1, niceStep(raw, 'any'));
  const binary = kind === 'binary' && raw >= 1024 ? 1024 ** Math.floor(Math.log2(raw) / 10) : 1;
  if (binary > 1) return binary * niceStep(raw / binary, 'any');
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= raw * 0.999);
  return (step ?? 10) * power;
}

/** Without the last bits' noise. */
function roundTo(value: number, step: number): number {
  return Number(value.toPrecision(12)) - (Math.abs(value) < step * 1e-6 ? value : 0);
}

export interface TimeTick {
  readonly at: number;
  readonly text: string;
}

const dayMs = 86_400_000;
const timeSteps = [
  60_000,
  300_000,
  900_000,
  3_600_000,
  10_800_000,
  21_600_000,
  43_200_000,
  dayMs,
  2 * dayMs,
  4 * dayMs,
  7 * dayMs,
  14 * dayMs,
  28 * dayMs,
];

/** Round times (UTC) between two, in milliseconds, with at most `most` of them. */
export function timeTicks(from: number, to: number, most: number): TimeTick[] {
  const step = timeSteps.find((candidate) => (to - from) / candidate <= most) ?? 28 * dayMs;
  const ticks: TimeTick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    ticks.push({ at, text: step >= dayMs ? dayText(at) : clockText(at) });
  }
  return ticks;
}

/** Such as `05 Nov`. */
export function dayText(ms: number): string {
  const [, day, month] = /, (\d\d) (\w{3})/.exec(new Date(ms).toUTCString())!;
  return `${day} ${month}`;
}

function clockText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
