interface Scaled {
  readonly from: number;
  readonly divisor: number;
  readonly suffix: string;
}

const thousands: readonly Scaled[] = [
  { from: 1e9, divisor: 1e9, suffix: ' Bil' },
  { from: 1e6, divisor: 1e6, suffix: ' Mil' },
  { from: 1e3, divisor: 1e3, suffix: ' K' },
];
const scaled: Readonly<Record<string, readonly Scaled[]>> = {
  short: [...thousands, { from: 0, divisor: 1, suffix: '' }],
  bytes: powers(1024, [' B', ' KiB', ' MiB', ' GiB']),
  decbytes: powers(1000, [' B', ' kB', ' MB', ' GB']),
  s: times(1, [' s', ' min', ' hours']),
  ms: times(1e3, [' s', ' min', ' hours'], [{ from: 0, divisor: 1, suffix: ' ms' }]),
  µs: times(
    1e6,
    [' s', ' min', ' hours'],
    [
      { from: 1e3, divisor: 1e3, suffix: ' ms' },
      { from: 0, divisor: 1, suffix: ' µs' },
    ],
  ),
  percentunit: [{ from: 0, divisor: 0.01, suffix: '%' }],
  percent: [{ from: 0, divisor: 1, suffix: '%' }],
  none: [{ from: 0, divisor: 1, suffix: '' }],
  sci: [{ from: 0, divisor: 1, suffix: '' }],
};

function powers(base: number, suffixes: readonly string[]): Scaled[] {
  return suffixes
    .map((suffix, power) => ({ from: power === 0 ? 0 : base ** power, divisor: base ** power, suffix }))
    .reverse();
}

function times(second: number, suffixes: readonly string[], below: readonly Scaled[] = []): Scaled[] {
  const [s = '', min = '', hours = ''] = suffixes;
  return [
    { from: 3600 * second, divisor: 3600 * second, suffix: hours },
    { from: 60 * second, divisor: 60 * second, suffix: min },
    { from: below.length === 0 ? 0 : second, divisor: second, suffix: s },
    ...below,
  ];
}

/**
 * A number with its unit as people read it, by Grafana's unit ids (those that the dashboards use, `suffix:` too).
 * Without `decimals` as many as three figures need.
 */
export function formatValue(value: number, unit: string, decimals?: number): string {
  const suffix = unit.startsWith('suffix:') ? ` ${unit.slice('suffix:'.length).trim()}` : undefined;
  const scales = suffix === undefined ? scaled[unit] : [{ from: 0, divisor: 1, suffix }];
  if (scales === undefined) throw new Error(`the pictures do not know the unit "${unit}"`);
  const scale = scales.find(({ from }) => Math.abs(value) >= from) ?? scales.at(-1)!;
  const number = value / scale.divisor;
  if (unit === 'sci') return number === 0 ? '0' : number.toExponential(decimals ?? 1);
  const text = decimals === undefined ? significant(number) : number.toFixed(decimals);
  return `${text.replace(/^-(0(\.0+)?)$/, '$1')}${scale.suffix}`;
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(decimals)));
}
