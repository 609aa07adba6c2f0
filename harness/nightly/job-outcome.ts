import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toTokenrackError } from '../errors.js';
import type { JobOutcome } from '../farm/jobs/job.js';
import { attemptSchema } from '../results/attempt.js';
import type { RunResult } from '../results/result.js';
import { RunFolder, readRunFile } from '../results/run-folder.js';

/** What is known of a try before it ends. */
export type BegunTry = Pick<JobOutcome, 'job' | 'try' | 'machine' | 'startedAt'>;

/** What a run that came to a result was. */
export async function outcomeOf(result: RunResult, begun: BegunTry): Promise<JobOutcome> {
  const { verdict, failures, boards, run, attempts } = result;
  const codes = new Map(attempts?.map(({ failure }) => [failure?.message, failure?.code]));
  const folder = await RunFolder.open(run.folder);
  return {
    ...begun,
    verdict,
    failures: failures.map((failure) => withCode(failure, codes.get(failure.message))),
    endedAt: new Date().toISOString(),
    boards: await Promise.all(
      boards.map(async ({ id, mac }) => ({ id, mac, ...(await fenceOf(folder, id)) })),
    ),
  };
}

/** What a run that an error ended was: a failure of ours by name, or a bug. */
export function failedOutcome(error: unknown, begun: BegunTry & Pick<JobOutcome, 'boards'>): JobOutcome {
  const known = toTokenrackError(error);
  const endedAt = new Date().toISOString();
  if (known !== undefined) {
    const { failureClass, code, message } = known;
    return { ...begun, verdict: failureClass, failures: [{ class: failureClass, code, message }], endedAt };
  }
  const evidence = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const failure = {
    class: 'harness-bug',
    code: 'exception',
    message: evidence.split('\n')[0]!,
    evidence,
  } as const;
  return { ...begun, verdict: 'harness-bug', failures: [failure], endedAt };
}

type OutcomeFailure = JobOutcome['failures'][number];

function withCode(failure: RunResult['failures'][number], code: string | undefined): OutcomeFailure {
  return code === undefined ? failure : { ...failure, code };
}

/** Of the last attempt that held the board. */
async function fenceOf(folder: RunFolder, board: string): Promise<{ readonly fence?: number }> {
  for (const path of (await folder.attemptFolders(board)).reverse()) {
    const { lease } = await readRunFile(join(path, 'attempt.json'), attemptSchema);
    if (lease !== undefined) return { fence: lease.fence };
  }
  return {};
}

/** `result.json` of a run folder, as lying where it lies now; undefined when the run came to none. */
export async function readResult(folder: string): Promise<RunResult | undefined> {
  const text = await readFile(join(folder, 'result.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const result = JSON.parse(text) as RunResult;
  return { ...result, run: { ...result.run, folder } };
}
