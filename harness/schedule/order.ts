import type { WaitingJob } from './waiting-job.js';

/** Unknown is longest; jobs as long as each other by their ids. */
export function longestFirst(a: WaitingJob, b: WaitingJob): number {
  const [first, second] = [lengthOf(a), lengthOf(b)];
  if (first === second) return compareText(a.id, b.id);
  return second > first ? 1 : -1;
}

/** Milliseconds; infinite when nobody knows. */
export function lengthOf({ expectedMs = Number.POSITIVE_INFINITY }: WaitingJob): number {
  return expectedMs;
}

/** By code units, so that no locale changes an order. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
