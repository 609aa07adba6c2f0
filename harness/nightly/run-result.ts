import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeTree } from '../farm/blobs/make-tree.js';
import type { JobOutcome } from '../farm/jobs/job.js';
import { type BegunTry, verdictOf } from '../farm/jobs/job-outcome.js';
import type { RunResult } from '../results/result.js';

/** What a run that came to a result was. */
export async function outcomeOf(result: RunResult, begun: BegunTry): Promise<JobOutcome> {
  const run = { id: basename(result.run.folder), tree: (await makeTree(result.run.folder)).hash };
  return { ...begun, ...(await verdictOf(result)), endedAt: new Date().toISOString(), run };
}

/** `result.json` of a run folder, which lies where it lies now; undefined when the run came to none. */
export async function readResult(folder: string): Promise<RunResult | undefined> {
  const text = await readFile(join(folder, 'result.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const result = JSON.parse(text) as RunResult;
  return { ...result, run: { ...result.run, folder } };
}
