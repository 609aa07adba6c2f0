import { median } from '../stats/median.js';

/** A run that was judged. */
export interface PastRun {
  readonly scenario: string;
  /** Boards that are alike in what decides how long a run takes; any word. */
  readonly boardClass: string;
  readonly passed: boolean;
  readonly durationMs: number;
  readonly endedAtMs: number;
}

/** How many of the last passes an expectation is the median of. */
const lastPasses = 5;

/**
 * How long a scenario may take on a class of boards, in milliseconds: the median of its last passes there, else of its last
 * passes anywhere. Failed runs say nothing, as they end early or late. Absent when it never passed.
 */
export function expectedMs(
  history: readonly PastRun[],
  { scenario, boardClass }: Pick<PastRun, 'scenario' | 'boardClass'>,
): number | undefined {
  const passes = history
    .filter((run) => run.passed && run.scenario === scenario)
    .sort((a, b) => b.endedAtMs - a.endedAtMs);
  const here = passes.filter((run) => run.boardClass === boardClass);
  const chosen = (here.length > 0 ? here : passes).slice(0, lastPasses);
  return median(chosen.map((run) => run.durationMs)).value;
}
