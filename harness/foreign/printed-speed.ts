import type { Groups } from './pattern.js';

/** A number as a board printed it. `resolution` is one unit of its last digit, in the same unit. */
export interface Printed {
  readonly value: number;
  readonly resolution: number;
}

/** What a board printed of its own speed. Times in microseconds, rates in tokens per second. */
export interface PrintedSpeed {
  readonly tokens?: number;
  readonly timeUs?: Printed;
  readonly rate?: Printed;
}

const TIME_UNITS_US = { us: 1, ms: 1e3, s: 1e6 } as const;

/** Adds what the groups of one line say; the last word counts. What is no number, such as C's `inf`, says nothing. */
export function addSpeed(speed: PrintedSpeed, groups: Groups): PrintedSpeed {
  const tokens = readPrinted(groups.tokens);
  const rate = readPrinted(groups.rate);
  const timeUs = readTime(groups);
  return {
    ...speed,
    ...(tokens === undefined ? {} : { tokens: tokens.value }),
    ...(rate === undefined ? {} : { rate }),
    ...(timeUs === undefined ? {} : { timeUs }),
  };
}

function readTime(groups: Groups): Printed | undefined {
  for (const [name, unitUs] of Object.entries(TIME_UNITS_US)) {
    const printed = readPrinted(groups[name]);
    if (printed !== undefined)
      return { value: printed.value * unitUs, resolution: printed.resolution * unitUs };
  }
  return undefined;
}

function readPrinted(text: string | undefined): Printed | undefined {
  const match = text === undefined ? null : /^\d{1,15}(?:\.(\d{0,15}))?$/.exec(text);
  if (match === null) return undefined;
  return { value: Number(text), resolution: 10 ** -(match[1]?.length ?? 0) };
}

/**
 * Whether a printed rate is that of so many tokens in a printed time. Either was rounded or cut to its last digit, and
 * the board may have divided by the time before it was; a millionth is what its float32 leaves uncertain.
 */
export function isRateOf(rate: Printed, tokens: number, timeUs: Printed): boolean {
  const perSecond = (us: number) => (us > 0 ? (tokens * 1e6) / us : Number.POSITIVE_INFINITY);
  const slowest = perSecond(timeUs.value + timeUs.resolution) * (1 - 1e-6);
  const fastest = perSecond(timeUs.value - timeUs.resolution) * (1 + 1e-6);
  return rate.value >= slowest - rate.resolution && rate.value <= fastest + rate.resolution;
}
