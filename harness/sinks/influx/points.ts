import type { RunResult } from '../../results/result.js';
import type { Point } from './point.js';
import { boardPoint } from './points-board.js';
import type { UntimedPoint } from './points-common.js';
import { generationPoint } from './points-generation.js';
import { qualityPoint } from './points-quality.js';
import { runPoint } from './points-run.js';

export interface PointOptions {
  /** URL below which a folder of every run's id is served; absent: the point of a run names its folder. */
  readonly reportBase?: string;
}

/**
 * A run as points (dashboards/SCHEMA.md), all measurements but `live`. A pure function of the result, so that a run folder gives
 * the same points whenever it is sent. A run that never came to an attempt has no time, and so no points.
 */
export function pointsOf(result: RunResult, options: PointOptions = {}): Point[] {
  const startMs = Date.parse(result.run.startedAt);
  if (Number.isNaN(startMs)) return [];
  const untimed = result.boards.flatMap((board) => [
    runPoint(result, board, reportOf(result.run.id, options)),
    ...result.generations
      .filter((one) => one.board === board.id)
      .map((one) => generationPoint(result, board, one)),
    ...[qualityPoint(result, board)].filter((point) => point !== undefined),
  ]);
  return timed([...untimed, ...boardPoints(result)], BigInt(startMs) * 1_000_000n);
}

/** First attempts of all boards first: a further attempt moves no point of an earlier one. */
function boardPoints(result: RunResult): UntimedPoint[] {
  const attempts = (result.attempts ?? []).toSorted((a, b) => a.attempt - b.attempt);
  return attempts.flatMap((attempt) =>
    result.boards.filter(({ id }) => id === attempt.board).map((board) => boardPoint(result, board, attempt)),
  );
}

function reportOf(id: string, { reportBase }: PointOptions): string {
  return reportBase === undefined ? id : `${reportBase.replace(/\/+$/, '')}/${encodeURIComponent(id)}/`;
}

/** Points of a measurement are a nanosecond apart: two of the same tags and time would be one to InfluxDB. */
function timed(points: readonly UntimedPoint[], startNs: bigint): Point[] {
  const counts = new Map<string, bigint>();
  return points.map((point) => {
    const count = counts.get(point.measurement) ?? 0n;
    counts.set(point.measurement, count + 1n);
    return { ...point, timestampNs: startNs + count };
  });
}
