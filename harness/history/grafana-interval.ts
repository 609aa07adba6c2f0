/** Upper bounds in milliseconds, and what is rounded to: grafana packages/grafana-data/src/datetime/rangeutil.ts `roundInterval`. */
const steps: readonly (readonly [below: number, interval: string])[] = [
  [1_500, '1s'],
  [3_500, '2s'],
  [7_500, '5s'],
  [12_500, '10s'],
  [17_500, '15s'],
  [25_000, '20s'],
  [45_000, '30s'],
  [90_000, '1m'],
  [210_000, '2m'],
  [450_000, '5m'],
  [750_000, '10m'],
  [1_050_000, '15m'],
  [1_500_000, '20m'],
  [2_700_000, '30m'],
  [5_400_000, '1h'],
  [9_000_000, '2h'],
  [16_200_000, '3h'],
  [32_400_000, '6h'],
  [86_400_000, '12h'],
  [604_800_000, '1d'],
];

/** What `$__interval` is for a panel that has room for `points` points, never below a second. */
export function grafanaInterval(spanMs: number, points: number): string {
  return steps.find(([below]) => spanMs / points < below)?.[1] ?? '1w';
}
