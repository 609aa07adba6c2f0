import { median } from '../stats/median.js';
import { forEach, sizeOf } from './bit-set.js';
import { Fitting } from './fitting.js';
import { compareText, longestFirst } from './order.js';
import type { RackedBoard, WaitingJob } from './waiting-job.js';

/** A board, and how long whoever has it still needs; absent: it is free, or nobody said. */
export interface OccupiedBoard extends RackedBoard {
  readonly freeInMs?: number | undefined;
}

/** For people who wait; not a promise. */
export interface Remaining {
  /** Until the last job that can be run has ended. */
  readonly ms: number;
  /** Jobs whose length was guessed: the median of the known ones, or 0 when there is none. */
  readonly guessed: number;
  /** Jobs that no board fits. */
  readonly stranded: readonly string[];
}

/** What it comes to when the jobs, longest first, each take those fitting boards of one machine that are free soonest. */
export function remaining(jobs: readonly WaitingJob[], boards: readonly OccupiedBoard[]): Remaining {
  const rack = [...boards].sort((a, b) => compareText(a.mac, b.mac));
  const fitting = new Fitting(rack);
  const freeAtMs = Float64Array.from(rack, ({ freeInMs = 0 }) => freeInMs);
  const guessMs = median(jobs.flatMap((job) => job.expectedMs ?? [])).value ?? 0;
  const stranded: string[] = [];
  for (const job of [...jobs].sort(longestFirst)) {
    const taken = soonest(job, fitting, freeAtMs);
    if (taken.length === 0) stranded.push(job.id);
    const startMs = Math.max(...taken.map((board) => freeAtMs[board]!));
    for (const board of taken) freeAtMs[board] = startMs + (job.expectedMs ?? guessMs);
  }
  const guessed = jobs.filter((job) => job.expectedMs === undefined).length;
  return { ms: freeAtMs.reduce((a, b) => Math.max(a, b), 0), guessed, stranded: stranded.sort(compareText) };
}

/** As many boards as the job wants, of the machine that has them free first; none when no machine has so many. */
function soonest(job: WaitingJob, fitting: Fitting, freeAtMs: Float64Array): readonly number[] {
  const fits = fitting.of(job);
  const { count } = job.requires;
  if (sizeOf(fits) < count) return [];
  if (count === 1) return [soonestOne(fits, freeAtMs)];
  const byMachine = new Map<string, number[]>();
  forEach(fits, (board) => {
    const { machine } = fitting.boards[board]!;
    byMachine.set(machine, [...(byMachine.get(machine) ?? []), board]);
  });
  const choices = [...byMachine.values()]
    .filter((own) => own.length >= count)
    .map((own) => own.sort((a, b) => freeAtMs[a]! - freeAtMs[b]!).slice(0, count));
  const startMs = (choice: readonly number[]): number => freeAtMs[choice.at(-1)!]!;
  return choices.sort((a, b) => startMs(a) - startMs(b))[0] ?? [];
}

function soonestOne(fits: Int32Array, freeAtMs: Float64Array): number {
  let best = -1;
  forEach(fits, (board) => {
    if (best < 0 || freeAtMs[board]! < freeAtMs[best]!) best = board;
  });
  return best;
}
