import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeTree } from '../farm/blobs/make-tree.js';
import type { JobOutcome } from '../farm/jobs/job.js';
import { failureOf, verdictOf } from '../farm/jobs/job-outcome.js';
import type { RunResult } from '../results/result.js';

/** What is known of a try before it ends. */
export type BegunTry = Pick<JobOutcome, 'job' | 'try' | 'machine' | 'startedAt'>;

/** What a run that came to a result was. */
export async function outcomeOf(result: RunResult, begun: BegunTry): Promise<JobOutcome> {
  const run = { id: basename(result.run.folder), tree: (await makeTree(result.run.folder)).hash };
  return { ...begun, ...(await verdictOf(result)), endedAt: new Date().toISOString(), run };
}

/** What a run that an error ended was: a failure of ours by name, or a bug. */
export function failedOutcome(error: unknown, begun: BegunTry & Pick<JobOutcome, 'boards'>): JobOutcome {
  const failure = failureOf(error);
  return { ...begun, verdict: failure.class, failures: [failure], endedAt: new Date().toISOString() };
}

/** `result.json` of a run folder, which lies where it lies now; undefined when the run came to none. */
export async function readResult(folder: string): Promise<RunResult | undefined> {
  const text = await readFile(join(folder, 'result.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const result = JSON.parse(text) as RunResult;
  return { ...result, run: { ...result.run, folder } };
}
