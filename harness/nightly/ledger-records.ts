import { z } from 'zod';
import { jobIdSchema, jobOutcomeSchema } from '../farm/jobs/job.js';

const at = z.iso.datetime();
const tryRef = { job: jobIdSchema, try: z.int().min(1), at };
const ended = {
  ...tryRef,
  outcome: jobOutcomeSchema,
  /** Relative to the night's folder when it is below it; absent when there is none. */
  runFolder: z.string().optional(),
};

/** A line of `ledger.jsonl`. */
export const ledgerRecordSchema = z.discriminatedUnion('record', [
  z.strictObject({ record: z.literal('planned'), at, job: jobIdSchema }),
  /** Written before the place is asked: whoever resumes the night asks it for the same try, and a queue for no other boards (`notOn`). */
  z.strictObject({
    record: z.literal('started'),
    ...tryRef,
    place: z.string(),
    boards: z.array(z.string()),
    notOn: z.array(z.string()).optional(),
  }),
  /** Nothing was done: a board was somebody else's. */
  z.strictObject({ record: z.literal('refused'), ...tryRef, why: z.string() }),
  /** Nobody will ever know what it came to, or it was interrupted: the job has to be tried again. */
  z.strictObject({ record: z.literal('lost'), ...tryRef, code: z.string(), why: z.string() }),
  /** An infra-fail that is not the job's last word. */
  z.strictObject({ record: z.literal('retried'), ...ended }),
  /** What the job came to. `try` is absent when no try of it could be made. */
  z.strictObject({ record: z.literal('judged'), ...ended, try: ended.try.optional() }),
  /** Every sink has the result of that try. */
  z.strictObject({ record: z.literal('delivered'), ...tryRef }),
]);
export type LedgerRecord = z.output<typeof ledgerRecordSchema>;
export type LedgerEntry = LedgerRecord extends infer R
  ? R extends LedgerRecord
    ? Omit<R, 'at'>
    : never
  : never;
