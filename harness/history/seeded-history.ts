import type { RunResult } from '../results/result.js';
import type { BaseRuns } from './base-runs.js';
import { type NoiseSource, noiseSource, slowDownOf } from './noise.js';
import { restamp } from './restamp.js';
import { boards, builds, lostBoard, nights, noisyBoard, silentNight, troubles } from './schedule.js';
import { failingVariant, type Variant, variants } from './variants.js';

const dayMs = 86_400_000;
const startHour = 1;
const minutesARun = 25;
const seed = 20_261_121;

/**
 * 30 nights of 8 boards, with three builds, failures of every class, a board lost and a silent night (schedule.ts), out of a
 * handful of real runs and the noise model of simulated nights. The same runs and the same last night give the same history.
 * @param lastNight any time of the UTC day in whose small hours the last night ran
 */
export function seededHistory(base: BaseRuns, lastNight: Date): RunResult[] {
  const lastDay = Math.floor(lastNight.getTime() / dayMs) * dayMs;
  const history: RunResult[] = [];
  for (let night = 1; night <= nights; night++) {
    if (night === silentNight) continue;
    const startMs = lastDay - (nights - night) * dayMs + startHour * 3_600_000;
    for (const [index, board] of boards.entries()) {
      const source = noiseSource(seed, night * boards.length + index);
      if (isOnRack(board.id, night))
        history.push(...boardNight(base, { night, startMs, index, board, source }));
    }
  }
  return history;
}

function isOnRack(board: string, night: number): boolean {
  return board !== lostBoard.id || !lostBoard.nights.slice(1).some((lost) => lost === night);
}

interface BoardNight {
  readonly night: number;
  readonly startMs: number;
  readonly index: number;
  readonly board: (typeof boards)[number];
  readonly source: NoiseSource;
}

function boardNight(base: BaseRuns, place: BoardNight): RunResult[] {
  const offset = place.source.normal();
  return variants.map((variant, turn) => variantRun(base, place, variant, turn, offset));
}

function variantRun(
  base: BaseRuns,
  { night, startMs, index, board, source }: BoardNight,
  variant: Variant,
  turn: number,
  offset: number,
): RunResult {
  const startedAt = new Date(startMs + turn * minutesARun * 60_000 + index * 137);
  const trouble = variant === failingVariant ? troubleOf(board.id, night) : undefined;
  const { first, later } = base.passing.get(variant)!;
  const passing = night < builds[1].fromNight ? first : later;
  const result = trouble === undefined ? passing : base.failing[trouble];
  return restamp(result, {
    from: trouble === undefined ? board.from : result.boards[0]!.id,
    board,
    startedAt,
    runId: runId(startedAt, variant.title, index),
    title: variant.title,
    build: builds.findLast(({ fromNight }) => night >= fromNight)!.id,
    tornLines: board.id === noisyBoard && source.uniform() < 0.3 ? 1 + Math.floor(source.uniform() * 3) : 0,
    slowDown: slowDownOf(source, offset, turn / (variants.length - 1)),
  });
}

function troubleOf(board: string, night: number) {
  return troubles.find((one) => one.night === night && one.board === board)?.trouble;
}

/** As run folders are called: by time and title, numbered when several begin in one second. */
function runId(startedAt: Date, title: string, index: number): string {
  const time = startedAt.toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
  const base = `${time}-${title.replaceAll(' ', '-')}`;
  return index === 0 ? base : `${base}-${index + 1}`;
}
