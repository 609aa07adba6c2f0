import { remaining } from '../../schedule/remaining.js';
import type { RackedBoard, WaitingJob } from '../../schedule/waiting-job.js';
import type { ManyResult } from './many-run.js';
import { lostBytes } from './watch-wire.js';

/** How long the jobs had to take: nothing but the time of their boards, at the scale. */
export interface Ideal {
  /** No schedule can be shorter: the longest job, or all of them evenly over the boards. */
  readonly boundMs: number;
  /** Longest first, each on the board that is free first, with nothing in between. */
  readonly longestFirstMs: number;
}

export interface ManyReport {
  readonly boards: number;
  readonly jobs: number;
  readonly scale: number;
  readonly passed: number;
  /** Jobs that did not pass, and why. */
  readonly failed: readonly string[];
  /** Jobs in which a byte was lost between a board's UART and its capture. */
  readonly lossy: readonly string[];
  readonly uartBytes: number;
  readonly makespanMs: number;
  readonly ideal: Ideal;
  /** Makespan over the ideal's bound. */
  readonly ratio: number;
  /** Of a job, on average: by how much the time of its board was longer than alone, and what it took beside that. */
  readonly slowerMs: number;
  readonly besideMs: number;
  /** Resident memory of the whole process: when the boards were started, and at most. */
  readonly startBytes: number;
  readonly peakBytes: number;
  /** What is above 300 MB, over the boards. */
  readonly bytesPerBoard: number;
  readonly cpuSeconds: number;
}

export const FIXED_BYTES = 300e6;

export function idealOf(lengthsMs: readonly number[], boards: number): Ideal {
  const total = lengthsMs.reduce((a, b) => a + b, 0);
  const jobs = lengthsMs.map(
    (expectedMs, at): WaitingJob => ({ id: `${at}`, requires: { labels: [], count: 1 }, expectedMs }),
  );
  const rack = Array.from(
    { length: boards },
    (_, at): RackedBoard => ({ mac: `${at}`, machine: '', labels: [] }),
  );
  return { boundMs: Math.max(total / boards, ...lengthsMs), longestFirstMs: remaining(jobs, rack).ms };
}

export function judgeMany(results: readonly ManyResult[]) {
  return {
    passed: results.filter(({ verdict }) => verdict === 'pass').length,
    failed: results
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ job, verdict, why }) => `${job}: ${verdict}: ${why}`),
    lossy: results.filter(({ wire }) => wire === undefined || lostBytes(wire)).map(({ job }) => job),
    uartBytes: results.reduce((total, { wire }) => total + (wire?.sentBytes ?? 0), 0),
  };
}

/** `lengthMs`: how long the jobs of a title take their boards alone. */
export function meanDelays(
  results: readonly ManyResult[],
  scale: number,
  lengthMs: (title: string) => number,
): Pick<ManyReport, 'slowerMs' | 'besideMs'> {
  const own = (result: ManyResult): number => (result.wire?.boardUs ?? 0) / 1000 / scale;
  const mean = (delayOf: (result: ManyResult) => number): number =>
    results.reduce((total, result) => total + delayOf(result), 0) / results.length;
  return {
    slowerMs: mean((result) => own(result) - lengthMs(result.title)),
    besideMs: mean((result) => result.wallMs - own(result)),
  };
}

export function manyText(report: ManyReport): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const { ideal } = report;
  return [
    `${report.jobs} jobs on ${report.boards} boards at ${report.scale} virtual seconds a second`,
    `passed    ${report.passed}, logits equal to the bit`,
    `wire      ${report.uartBytes} bytes sent, ${report.lossy.length} jobs with a byte lost`,
    `makespan  ${seconds(report.makespanMs)}, ${report.ratio.toFixed(3)} of the ideal ${seconds(ideal.boundMs)} ` +
      `(longest first with nothing in between: ${seconds(ideal.longestFirstMs)})`,
    `a job     on average ${seconds(report.slowerMs)} slower than alone, and ${seconds(report.besideMs)} before power-on and after power-off`,
    `memory    ${megabytes(report.peakBytes)} at most, ${megabytes(report.startBytes)} before the boards; ` +
      `beside a fixed 300 MB ${(report.bytesPerBoard / 1e6).toFixed(1)} MB a board`,
    `cpu       ${report.cpuSeconds.toFixed(0)} s`,
    ...report.failed,
    ...report.lossy.map((job) => `${job}: bytes lost`),
    '',
  ].join('\n');
}
