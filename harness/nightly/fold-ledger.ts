import type { JobOutcome } from '../farm/jobs/job.js';
import type { LedgerEntry, LedgerRecord } from './ledger-records.js';

/** What became of one start of a job. */
export interface TryState {
  readonly try: number;
  readonly place: string;
  /** MACs. */
  readonly boards: readonly string[];
  /** MACs that a queue was told to leave out. */
  readonly notOn?: readonly string[];
  /** `open`: started, and nothing is known of its end. */
  readonly state: 'open' | 'refused' | 'lost' | 'retried' | 'judged';
  /** Of a try that was refused or lost. */
  readonly why?: string;
  readonly code?: string;
  /** Of a try that came to something. */
  readonly outcome?: JobOutcome;
  readonly runFolder?: string;
  readonly delivered: boolean;
}

export interface JobState {
  readonly job: string;
  /** In order. */
  readonly tries: readonly TryState[];
  /** What the job came to, once and for all. */
  readonly judged?: JobOutcome;
}

export type LedgerState = ReadonlyMap<string, JobState>;

/** A record that cannot follow what is in the ledger: a bug of ours. */
export class LedgerError extends Error {}

/** What the records say all together. Pure. @throws LedgerError */
export function foldLedger(records: Iterable<LedgerRecord>): LedgerState {
  const state = new Map<string, JobState>();
  for (const record of records) state.set(record.job, after(state.get(record.job), record));
  return state;
}

/** The job's state after one more record. Pure. @throws LedgerError when the record cannot follow: a job is judged once, and a try ends once */
export function after(before: JobState | undefined, record: LedgerRecord | LedgerEntry): JobState {
  const { job } = record;
  if (record.record === 'planned') {
    if (before !== undefined) throw new LedgerError(`${job} is planned already`);
    return { job, tries: [] };
  }
  if (before === undefined) throw new LedgerError(`${job} was never planned`);
  if (record.record === 'delivered') return delivered(before, record.try);
  if (before.judged !== undefined)
    throw new LedgerError(`${job} is judged already: ${record.record} is refused`);
  if (record.record === 'started') return started(before, record);
  const tries = record.try === undefined ? refuseWhileOpen(before) : ended(before, record.try, endOf(record));
  return { ...before, tries, ...(record.record === 'judged' ? { judged: record.outcome } : {}) };
}

type Started = Extract<LedgerEntry, { record: 'started' }>;
type Ended = Extract<LedgerEntry, { record: 'refused' | 'lost' | 'retried' | 'judged' }>;

function started(before: JobState, { try: number, place, boards, notOn }: Started): JobState {
  const expected = before.tries.length + 1;
  if (number !== expected)
    throw new LedgerError(`${before.job}: try ${number} is started, and ${expected} is next`);
  refuseWhileOpen(before);
  const left = notOn === undefined ? {} : { notOn };
  const fresh: TryState = { try: number, place, boards, ...left, state: 'open', delivered: false };
  return { ...before, tries: [...before.tries, fresh] };
}

function refuseWhileOpen({ job, tries }: JobState): readonly TryState[] {
  const open = tries.at(-1);
  if (open?.state === 'open') throw new LedgerError(`${job}: try ${open.try} is still open`);
  return tries;
}

function ended({ job, tries }: JobState, number: number, end: Partial<TryState>): readonly TryState[] {
  const last = tries.at(-1);
  if (last?.try !== number || last.state !== 'open')
    throw new LedgerError(`${job}: try ${number} is not open, and cannot end`);
  return [...tries.slice(0, -1), { ...last, ...end }];
}

function endOf(record: Ended): Partial<TryState> {
  if (record.record === 'refused') return { state: 'refused', why: record.why };
  if (record.record === 'lost') return { state: 'lost', code: record.code, why: record.why };
  const { outcome, runFolder } = record;
  return { state: record.record, outcome, ...(runFolder === undefined ? {} : { runFolder }) };
}

function delivered(before: JobState, number: number): JobState {
  if (before.tries[number - 1]?.outcome === undefined)
    throw new LedgerError(`${before.job}: try ${number} came to nothing that could be delivered`);
  return {
    ...before,
    tries: before.tries.map((one) => (one.try === number ? { ...one, delivered: true } : one)),
  };
}
