import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { attemptSchema } from '../results/attempt.js';
import { describeAttempt } from '../results/describe-attempt.js';
import type { Plan } from '../results/plan.js';
import type { ResultAttempt } from '../results/result.js';
import { type RunFolder, readRunFile } from '../results/run-folder.js';

export interface AttemptHistory<T> {
  /** Each board's last attempt, which the result rests on. */
  readonly last: readonly T[];
  /** All attempts, board by board. */
  readonly all: readonly ResultAttempt[];
}

/**
 * Reads every attempt of a run.
 * @throws ConfigError when a board's last attempt is incomplete, or is not what was recorded
 */
export async function readHistory<T extends { readonly described: ResultAttempt }>(
  folder: RunFolder,
  plan: Plan,
  read: (path: string) => Promise<T>,
): Promise<AttemptHistory<T>> {
  const last: T[] = [];
  const all: ResultAttempt[] = [];
  for (const { id } of plan.boards) {
    const paths = await folder.attemptFolders(id);
    for (const path of paths.slice(0, -1)) all.push(await readEarlier(path, read));
    for (const path of paths.slice(-1)) {
      last.push(await read(path));
      all.push(last.at(-1)!.described);
    }
  }
  return { last, all };
}

/** No conclusion rests on an attempt that was tried again: a capture that cannot be read any more only leaves its figures out. */
async function readEarlier(
  path: string,
  read: (path: string) => Promise<{ readonly described: ResultAttempt }>,
): Promise<ResultAttempt> {
  try {
    return (await read(path)).described;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return describeAttempt(await readRunFile(join(path, 'attempt.json'), attemptSchema));
  }
}
