import { relative } from 'node:path';
import { combineVerdicts, EXIT_CODES, type Verdict } from '../results/verdict.js';
import type {
  NightCell,
  NightFinding,
  NightSummary,
  NightSummaryBoard,
  NightTry,
} from '../sinks/night-summary.js';
import type { JobState, LedgerState, TryState } from './fold-ledger.js';
import type { JudgedSweeps } from './judge-claims.js';
import type { Night } from './night-file.js';

/** All that is known when a night has ended. */
export interface NightFacts {
  readonly night: Night;
  readonly folder: string;
  readonly ledger: LedgerState;
  readonly boards: readonly NightSummaryBoard[];
  readonly sweeps: JudgedSweeps;
  readonly endedAt: string;
  /** Why it ended before everything was judged. */
  readonly endedEarly?: string;
}

/**
 * What the numbers of a night say beside those of other nights. The place for statistical gating: called once all results are there,
 * before the verdict; its findings count like any other failure. Results lie in the run folders that the ledger names.
 */
export type NightGate = (facts: NightFacts) => Promise<readonly NightFinding[]>;

/** The whole night in one object, and one verdict (DESIGN "Verdicts"). */
export async function summarize(facts: NightFacts, gate?: NightGate): Promise<NightSummary> {
  const { night, folder, sweeps, boards, endedAt, endedEarly } = facts;
  const cells = [...night.jobs.map((job) => cellOf(job, facts)), ...unplacedCells(night)];
  const findings = [...sweeps.findings, ...((await gate?.(facts)) ?? [])];
  const verdicts = [...cells, ...sweeps.claims, ...findings].map(({ verdict }) => verdict);
  const verdict = combineVerdicts(verdicts);
  const unfinished = cells.some((cell) => !cell.judged && cell.job !== undefined);
  return {
    night: night.id,
    folder,
    tokenrack: night.tokenrack,
    startedAt: night.startedAt,
    endedAt,
    verdict,
    exitCode: EXIT_CODES[verdict],
    ...(endedEarly === undefined ? {} : { endedEarly }),
    ...(unfinished ? { resume: `tokenrack nightly --resume ${shownPath(folder)}` } : {}),
    cells,
    boards,
    claims: sweeps.claims,
    reports: sweeps.reports,
    findings,
  };
}

function cellOf(job: Night['jobs'][number], { night, ledger, endedEarly }: NightFacts): NightCell {
  const state: JobState = ledger.get(job.id) ?? { job: job.id, tries: [] };
  const { judged, tries } = state;
  const seen = [...night.boards, ...tries.flatMap((one) => one.outcome?.boards ?? [])];
  const idOf = (mac: string): string => seen.find((board) => board.mac === mac)?.id ?? mac;
  const verdict = judged?.verdict ?? 'inconclusive';
  const reason = verdict === 'pass' ? undefined : (judged?.failures[0]?.message ?? endedEarly);
  const timed = judged === undefined || judged.boards.length === 0 ? undefined : judged;
  return {
    job: job.id,
    scenario: job.title,
    file: fileOf(job.title, night),
    boards: boardsOf(job, state).map(idOf),
    verdict,
    judged: judged !== undefined,
    ...(reason === undefined ? {} : { reason }),
    ...(timed === undefined ? {} : { durationMs: Date.parse(timed.endedAt) - Date.parse(timed.startedAt) }),
    tries: tries.map((one) => tryOf(one, idOf)),
  };
}

/** The board it is for, or those that it was last on. */
function boardsOf({ requires }: Night['jobs'][number], { judged, tries }: JobState): readonly string[] {
  if (requires.mac !== undefined) return [requires.mac];
  if (judged !== undefined && judged.boards.length > 0) return judged.boards.map(({ mac }) => mac);
  return tries.at(-1)?.boards ?? [];
}

function tryOf(
  { try: number, place, boards, state, outcome, why, runFolder }: TryState,
  idOf: (mac: string) => string,
): NightTry {
  const used = boards.length > 0 ? boards.map(idOf) : (outcome?.boards.map(({ id }) => id) ?? []);
  return {
    try: number,
    place,
    boards: used,
    outcome: state === 'judged' || state === 'retried' ? outcome!.verdict : state,
    reasons: why === undefined ? (outcome?.failures.map(({ message }) => message) ?? []) : [why],
    ...(runFolder === undefined ? {} : { runFolder }),
  };
}

function unplacedCells(night: Night): NightCell[] {
  const verdict: Verdict = 'inconclusive';
  return night.unplaced.map(({ title, why }) => ({
    scenario: title,
    file: fileOf(title, night),
    boards: [],
    verdict,
    judged: true,
    reason: why,
    tries: [],
  }));
}

function fileOf(title: string, { scenarios }: Night): string {
  return shownPath(scenarios.find((one) => one.title === title)?.file ?? '');
}

/** Relative to the working folder, when it is below it. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? path : below;
}
