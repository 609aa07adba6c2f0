import { linearTicks, logTicks } from '../../sinks/axis-ticks.js';

/** Values of an axis to 0 .. 1, and the ticks that it shows. */
export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From 0 to at least the largest value. */
export function linearScale(values: readonly number[]): Scale {
  const ticks = linearTicks(Math.max(1e-9, ...values));
  const most = ticks.at(-1)!;
  return { place: (value) => value / most, ticks };
}

/** Values are positive. Where there are many decades only powers of ten are ticks. */
export function logScale(values: readonly number[]): Scale {
  const all = logTicks(values);
  if (all.length <= 9) return { place: between(Math.log, all[0]!, all.at(-1)!), ticks: all };
  const first = Math.floor(Math.log10(all[0]!));
  const last = Math.ceil(Math.log10(all.at(-1)!));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(`1e${first + index}`));
  return { place: between(Math.log, ticks[0]!, ticks.at(-1)!), ticks };
}

/** Bits a weight, logarithmic, with the widths that formats have as ticks. */
export function bitsScale(values: readonly number[]): Scale {
  const ticks = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];
  const from = ticks.findLastIndex((tick) => tick <= Math.min(...values));
  const to = ticks.findIndex((tick) => tick >= Math.max(...values) * 1.05);
  const least = from < 0 ? Math.min(...values) * 0.9 : ticks[from]!;
  const most = to < 0 ? Math.max(...values) * 1.1 : ticks[to]!;
  const some = ticks.filter((tick) => tick >= least && tick <= most);
  return { place: between(Math.log, least, most), ticks: some };
}

/** Ratios near 1 and far above it in one picture: asinh of the distance from 1, linear within half a percent of it. */
export function ratioScale(values: readonly number[]): Scale {
  const bend = (value: number) => Math.asinh((value - 1) / 0.005);
  const known = [
    0.98, 0.99, 1, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2, 5, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
  ];
  const least = Math.min(1, ...values);
  const most = Math.max(1.02, ...values);
  const from = Math.max(
    0,
    known.findLastIndex((tick) => tick <= least),
  );
  const to = known.findIndex((tick) => tick >= most);
  const all = known.slice(from, to < 0 ? undefined : to + 1);
  const far = most > 1.5;
  const ticks = all.filter((tick) => !far || ![1.01, 1.05, 1.2].includes(tick));
  return { place: between(bend, Math.min(least, all[0]!), Math.max(most, all.at(-1)!)), ticks };
}

function between(bend: (value: number) => number, least: number, most: number): (value: number) => number {
  const [from, to] = [bend(least), bend(most)];
  return (value) => (bend(value) - from) / (to - from);
}
