import { DISK_FULL, TokenrackError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import { failedOutcome, failureOf } from '../farm/jobs/job-outcome.js';
import type { Finished } from '../farm/place.js';
import type { JobState } from './fold-ledger.js';
import type { LedgerEntry } from './ledger-records.js';
import { LOCAL } from './plan-night.js';

/** How a try ended: with an outcome, or with an error of the place. */
export type TryEnd = { readonly finished: Finished } | { readonly error: unknown };

export interface TryFacts {
  readonly job: Job;
  readonly try: number;
  readonly boards: readonly { readonly id: string; readonly mac: string }[];
  readonly startedAt: string;
  /** It was started by an earlier controller, which is gone. */
  readonly joined: boolean;
  /** The night was interrupted before it ended. */
  readonly interrupted: boolean;
  /** By what nobody wanted: what it was. */
  readonly brokenOff?: string;
  /** As the ledger has the job, with this try open. */
  readonly state: JobState;
  /** Further tries after an infra-fail. */
  readonly retries: number;
  /** Where run folders are named from in the ledger. */
  readonly nightFolder: string;
}

/** The place is there, and the job is not. */
const DEATHS: ReadonlySet<string | undefined> = new Set(['job-died', 'no-job']);

/** What goes into the ledger when a try has ended: `judged` only when nothing is to be tried again. Pure. */
export function afterTry(facts: TryFacts, end: TryEnd): LedgerEntry {
  return 'finished' in end ? afterOutcome(facts, end.finished) : afterError(facts, end.error);
}

function afterOutcome(facts: TryFacts, { outcome, runFolder }: Finished): LedgerEntry {
  const tried = { job: facts.job.id, try: facts.try };
  if (facts.interrupted && outcome.verdict === 'inconclusive')
    return { record: 'lost', ...tried, ...whyStopped(facts) };
  const folder = runFolder === undefined ? {} : { runFolder: relativeTo(facts.nightFolder, runFolder) };
  const again = outcome.verdict === 'infra-fail' && mayTryAgain(facts);
  return { record: again ? 'retried' : 'judged', ...tried, outcome, ...folder };
}

function afterError(facts: TryFacts, error: unknown): LedgerEntry {
  const tried = { job: facts.job.id, try: facts.try };
  const code = error instanceof TokenrackError ? error.code : 'exception';
  const why = error instanceof Error ? error.message : String(error);
  if (code === 'lease-busy') return { record: 'refused', ...tried, why };
  const place = facts.state.tries.at(-1)?.place ?? '';
  const full = code === DISK_FULL;
  if (full && place === LOCAL) return { record: 'lost', ...tried, code, why };
  if (facts.interrupted) return { record: 'lost', ...tried, ...whyStopped(facts, why) };
  const died = DEATHS.has(code);
  if (died && facts.joined) return { record: 'lost', ...tried, code: 'controller-gone', why };
  if (code === 'place-lost' || (died && mayTryAgain(facts))) return { record: 'lost', ...tried, code, why };
  const begun = { ...tried, machine: place, startedAt: facts.startedAt };
  return {
    record: full && mayTryAgain(facts) ? 'retried' : 'judged',
    ...tried,
    outcome: failedOutcome(failureOf(error), { ...begun, boards: facts.boards }),
  };
}

function whyStopped(
  { brokenOff }: TryFacts,
  why = 'the night was interrupted',
): { readonly code: string; readonly why: string } {
  if (brokenOff === undefined) return { code: 'interrupted', why };
  return { code: 'broken-off', why: `the night broke off: ${brokenOff}` };
}

/** A try that died with its controller, or was lost with its place, is nobody's fault and does not count. */
function mayTryAgain({ state, retries }: TryFacts): boolean {
  const failed = state.tries.filter((one) => one.state === 'retried');
  const died = state.tries.filter((one) => one.state === 'lost' && DEATHS.has(one.code));
  return failed.length + died.length < retries;
}

function relativeTo(folder: string, path: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}
