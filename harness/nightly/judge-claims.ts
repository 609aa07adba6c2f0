import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunResult } from '../results/result.js';
import type { Failure } from '../results/verdict.js';
import type { CollectedSweep } from '../scenario/collect-scenarios.js';
import { type JudgedClaim, keepOnly, loadSuites, runLoaded } from '../scenario/run-suites.js';
import { OutcomeError } from '../scenario/scenario.js';
import { type KeptReport, openSession } from '../scenario/session.js';
import type { NightClaim, NightFinding } from '../sinks/night-summary.js';
import type { LedgerState } from './fold-ledger.js';
import type { Night } from './night-file.js';
import { readResult } from './run-result.js';

export interface JudgedSweeps {
  readonly claims: readonly NightClaim[];
  readonly reports: readonly { readonly title: string; readonly board?: string; readonly folder: string }[];
  readonly findings: readonly NightFinding[];
}

/** The runs of a sweep that are put beside one another: those of one board, or what there is of each variant. */
interface Selection {
  /** Id. */
  readonly board?: string;
  /** Jobs by the scenario's title. */
  readonly jobs: ReadonlyMap<string, string>;
}

/**
 * Judges what sweeps say of all their runs together: their files are loaded once more, in a session that has the runs already. A sweep whose
 * variants all ran on a board is judged for each such board; one whose variants want different boards, once. Too little data is
 * never a pass: where a variant came to no result, the claim is inconclusive.
 * @param folder for reports; emptied first
 */
export async function judgeClaims(
  night: Night,
  sweeps: readonly CollectedSweep[],
  ledger: LedgerState,
  nightFolder: string,
  folder: string,
): Promise<JudgedSweeps> {
  await rm(folder, { recursive: true, force: true });
  const all: JudgedSweeps[] = [];
  for (const sweep of sweeps) {
    for (const selection of selectionsOf(sweep, night)) {
      const results = await resultsOf(selection, ledger, nightFolder);
      all.push(await judge(sweep, selection, results, folder));
    }
  }
  return {
    claims: all.flatMap((one) => one.claims),
    reports: all.flatMap((one) => one.reports),
    findings: all.flatMap((one) => one.findings),
  };
}

/** Pure. */
export function selectionsOf(
  { scenarios }: Pick<CollectedSweep, 'scenarios'>,
  night: Pick<Night, 'jobs' | 'boards'>,
): Selection[] {
  const jobsOf = (title: string) => night.jobs.filter((job) => job.title === title);
  const together = night.boards.flatMap(({ id, mac }) => {
    const jobs = scenarios.map((title) => jobsOf(title).find(({ requires }) => requires.mac === mac));
    if (jobs.some((job) => job === undefined)) return [];
    return [{ board: id, jobs: new Map(jobs.map((job) => [job!.title, job!.id])) }];
  });
  if (together.length > 0) return together;
  const first = scenarios.flatMap((title) => jobsOf(title).slice(0, 1));
  return first.length === 0 ? [] : [{ jobs: new Map(first.map((job) => [job.title, job.id])) }];
}

async function resultsOf(
  { jobs }: Selection,
  ledger: LedgerState,
  nightFolder: string,
): Promise<ReadonlyMap<string, RunResult>> {
  const results = new Map<string, RunResult>();
  for (const [title, id] of jobs) {
    const last = ledger.get(id)?.tries.findLast((one) => one.state === 'judged');
    const result =
      last?.runFolder === undefined ? undefined : await readResult(resolve(nightFolder, last.runFolder));
    if (result !== undefined) results.set(title, result);
  }
  return results;
}

async function judge(
  { title, file, scenarios }: CollectedSweep,
  { board }: Selection,
  results: ReadonlyMap<string, RunResult>,
  folder: string,
): Promise<JudgedSweeps> {
  const kept: KeptReport[] = [];
  const told: JudgedClaim[] = [];
  openSession({
    sinks: [],
    rack: { path: 'the night', hosts: [], boards: [] },
    runsFolder: folder,
    onReport: (report) => kept.push(report),
    runner: async (scenario) => {
      const result = results.get(scenario);
      if (result === undefined) throw new OutcomeError(`${scenario} came to no result`);
      return result;
    },
  });
  const mocha = await loadSuites([file]);
  keepOnly(mocha.suite, title);
  const outcome = await runLoaded(mocha, (claim) => told.push(claim));
  const missing = scenarios.filter((one) => !isConclusive(results.get(one)));
  const on = board === undefined ? {} : { board };
  return {
    claims: told.map((claim) => ({ sweep: title, ...on, ...verdictOf(claim, missing, scenarios.length) })),
    reports: kept.map((report) => ({ title: report.title, ...on, folder: report.folder })),
    findings:
      missing.length > 0
        ? []
        : outcome.failures.filter((one) => !outcome.ofClaims.has(one)).map(findingOf(title, on)),
  };
}

function isConclusive(result: RunResult | undefined): boolean {
  return result?.verdict === 'pass' || result?.verdict === 'product-fail';
}

function verdictOf(
  { title, passed, message }: JudgedClaim,
  missing: readonly string[],
  of: number,
): Pick<NightClaim, 'title' | 'verdict' | 'message'> {
  if (missing.length > 0) {
    const some =
      missing.length > 3
        ? `${missing.slice(0, 3).join(', ')} and ${missing.length - 3} more`
        : missing.join(', ');
    return {
      title,
      verdict: 'inconclusive',
      message: `${missing.length} of ${of} variants came to no verdict: ${some}`,
    };
  }
  if (passed) return { title, verdict: 'pass' };
  return { title, verdict: 'product-fail', ...(message === undefined ? {} : { message }) };
}

function findingOf(scenario: string, on: { readonly board?: string }): (failure: Failure) => NightFinding {
  return (failure) => ({ verdict: failure.class, message: failure.message, scenario, ...on });
}
