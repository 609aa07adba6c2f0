import { screenTable } from '../sinks/screen-table.js';
import { seedClaimsTable } from '../sinks/seed-claims-table.js';
import { beyondPhysics, speedup, strategyTable } from '../sinks/strategy-table.js';
import { tradeoff } from '../sinks/tradeoff.js';
import type { SweepPoint, SweepReport } from './sweep.js';

/** Strategies side by side, with the bounds that physics sets and the ratio to `seed`. */
export function strategyReport(points: readonly SweepPoint[]): SweepReport {
  return { text: strategyTable(points) };
}

/** How many times faster than `seed` on the same model, format and card the run called `name` decodes; undefined when either is missing. */
export function speedupOverSeed(points: readonly SweepPoint[], name: string): number | undefined {
  const point = points.find((one) => one.name === name);
  return point === undefined ? undefined : speedup(point, points);
}

/** For a sweep's `expect`: no run is faster than its weights can be moved. @throws Error naming the run and both times */
export function nothingBeatsPhysics(points: readonly SweepPoint[]): void {
  if (points.length === 0) throw new Error('no run came to a result');
  const claim = points.map(beyondPhysics).find((line) => line !== undefined);
  if (claim !== undefined) throw new Error(claim);
}

/** Speed against memory: a table and a picture, with the Pareto front. */
export function chunkReport(title: string): (points: readonly SweepPoint[]) => SweepReport {
  return (points) => {
    const { text, svg } = tradeoff(title, points, { cost: 'psram_peak_run', gain: 'decode_rate' });
    return { text, files: { 'plot.svg': svg } };
  };
}

/** The seeds' strategy beside the seeds' claims: speed and peak PSRAM by format, card and bounce buffer. */
export function seedClaimsReport(points: readonly SweepPoint[]): SweepReport {
  return { text: seedClaimsTable(points) };
}

/** How often the screen's rows left out the winner, and how deep it was among them. */
export function screenReport(points: readonly SweepPoint[]): SweepReport {
  return { text: screenTable(points) };
}
