/** Round numbers from 0 to at least `most` (positive), about five steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(most: number): number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** 1, 2 and 5 times powers of ten that enclose all of `values` (positive); from 1 to 10 without any. */
export function logTicks(values: readonly number[]): number[] {
  if (values.length === 0) return [1, 2, 5, 10];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const first = Math.floor(Math.log10(least));
  const last = Math.ceil(Math.log10(most)) + 1;
  const all = Array.from({ length: last - first + 1 }, (_, index) =>
    [1, 2, 5].map((factor) => Number((factor * 10 ** (first + index)).toPrecision(12))),
  ).flat();
  const from = all.findLastIndex((tick) => tick <= least);
  const to = all.findIndex((tick) => tick > most);
  return all.slice(from, to + 1);
}
