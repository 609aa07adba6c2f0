import { join } from 'node:path';
import { toTokenrackError } from '../../errors.js';
import { attemptSchema } from '../../results/attempt.js';
import type { RunResult } from '../../results/result.js';
import { RunFolder, readRunFile } from '../../results/run-folder.js';
import type { JobOutcome } from './job.js';

export type OutcomeFailure = JobOutcome['failures'][number];

/** What is known of a try before it ends. */
export type BegunTry = Pick<JobOutcome, 'job' | 'try' | 'machine' | 'startedAt'>;

/** The outcome, as of now, of a try that came to no run. `boards`: those that it was given. */
export function failedOutcome(
  failure: OutcomeFailure,
  {
    boards,
    ...begun
  }: BegunTry & { readonly boards: readonly { readonly id: string; readonly mac: string }[] },
): JobOutcome {
  return {
    ...begun,
    verdict: failure.class,
    failures: [failure],
    endedAt: new Date().toISOString(),
    boards: boards.map(({ id, mac }) => ({ id, mac })),
  };
}

/** What a run's result says of a job. A failure gets the code of the attempt that it came from. */
export async function verdictOf(
  result: RunResult,
): Promise<Pick<JobOutcome, 'verdict' | 'failures' | 'boards'>> {
  const codes = new Map(result.attempts?.map(({ failure }) => [failure?.message, failure?.code]));
  const folder = await RunFolder.open(result.run.folder);
  const boards = result.boards.map(async ({ id, mac }) => ({ id, mac, ...(await fenceOf(folder, id)) }));
  return {
    verdict: result.verdict,
    failures: result.failures.map((failure) => withCode(failure, codes.get(failure.message))),
    boards: await Promise.all(boards),
  };
}

/** What ended a job that came to no result: a failure of ours by name, or a bug of ours with its evidence. */
export function failureOf(error: unknown): OutcomeFailure {
  const known = toTokenrackError(error);
  if (known !== undefined) return { class: known.failureClass, code: known.code, message: known.message };
  const evidence = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { class: 'harness-bug', code: 'exception', message: evidence.split('\n')[0]!, evidence };
}

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
