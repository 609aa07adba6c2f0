import type { Verdict } from '../results/verdict.js';

/** What a night came to: `summary.json`, and what all other accounts of it are made from. */
export interface NightSummary {
  readonly night: string;
  readonly folder: string;
  readonly tokenrack: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** Why the night ended before everything was judged; absent when it did not. */
  readonly endedEarly?: string;
  /** The command that goes on with it; absent when there is nothing left to do. */
  readonly resume?: string;
  /** Scenario x board, in the scenarios' order. */
  readonly cells: readonly NightCell[];
  readonly boards: readonly NightSummaryBoard[];
  readonly claims: readonly NightClaim[];
  readonly reports: readonly { readonly title: string; readonly board?: string; readonly folder: string }[];
  /** What belongs to no cell and no claim: places that were away, gates that did not hold. */
  readonly findings: readonly NightFinding[];
}

/** A scenario on a board: one job. */
export interface NightCell {
  /** Absent when no board fits. */
  readonly job?: string;
  readonly scenario: string;
  /** Relative to the working folder of the night, when it is below it. */
  readonly file: string;
  /** Ids; empty when none was chosen yet, or none fits. */
  readonly boards: readonly string[];
  readonly verdict: Verdict;
  /** False: nothing was decided, and the night may be resumed. */
  readonly judged: boolean;
  /** Why it did not pass: first of the last try. */
  readonly reason?: string;
  readonly durationMs?: number;
  readonly tries: readonly NightTry[];
}

/** One start of a job. */
export interface NightTry {
  readonly try: number;
  readonly place: string;
  readonly boards: readonly string[];
  /** `refused`: a board was somebody else's; `lost`: nobody knows what came of it; `open`: it may still run. */
  readonly outcome: Verdict | 'refused' | 'lost' | 'open';
  readonly reasons: readonly string[];
  /** Relative to the night's folder when it is below it. */
  readonly runFolder?: string;
}

export interface NightSummaryBoard {
  readonly id: string;
  readonly mac: string;
  readonly place: string;
  /** When the night ended. */
  readonly state: string;
  readonly why?: string;
}

/** Boards that were not free at the end, those of one place with one reason together. */
export function describeBoards(boards: readonly NightSummaryBoard[]): { who: string; why?: string }[] {
  const groups = new Map<string, NightSummaryBoard[]>();
  for (const board of boards.filter(({ state }) => state !== 'free')) {
    const key = JSON.stringify([board.place, board.state, board.why]);
    groups.set(key, [...(groups.get(key) ?? []), board]);
  }
  return [...groups.values()].map((group) => {
    const { state, why } = group[0]!;
    const who = `${group.map(({ id }) => id).join(', ')} ${group.length === 1 ? 'is' : 'are'} ${state}`;
    return { who, ...(why === undefined ? {} : { why }) };
  });
}

/** What a sweep says of all its variants together. */
export interface NightClaim {
  readonly sweep: string;
  readonly title: string;
  /** Absent when its variants ran on different boards. */
  readonly board?: string;
  readonly verdict: Verdict;
  readonly message?: string;
}

export interface NightFinding {
  readonly verdict: Verdict;
  readonly message: string;
  readonly scenario?: string;
  readonly board?: string;
}

/** Of the cells, by verdict. */
export function countVerdicts(cells: readonly NightCell[]): ReadonlyMap<Verdict, number> {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of cells) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return counts;
}

/** `3 pass, 1 infra-fail`; the worst last. */
export function describeCounts(cells: readonly NightCell[]): string {
  const counts = countVerdicts(cells);
  const order: readonly Verdict[] = [
    'pass',
    'inconclusive',
    'product-fail',
    'infra-fail',
    'config-error',
    'harness-bug',
  ];
  const parts = order.flatMap((verdict) =>
    counts.has(verdict) ? [`${counts.get(verdict)} ${verdict}`] : [],
  );
  return parts.length === 0 ? 'nothing was planned' : parts.join(', ');
}

/** Duration for people: `41 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
}
