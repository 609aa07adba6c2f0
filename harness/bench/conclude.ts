import type { CheckOutcomes } from '../results/check-outcomes.js';
import type { RunResult } from '../results/result.js';
import type { RunFolder } from '../results/run-folder.js';
import { formatSummary } from '../sinks/summary.js';
import type { CustomCheck } from './custom-check.js';
import { deriveResult } from './derive.js';

/** Custom assertions see the result as derived so far; their outcomes are facts of the run, kept beside the captures. */
export async function conclude(folder: RunFolder, checks: readonly CustomCheck[]): Promise<RunResult> {
  if (checks.length > 0) {
    const preliminary = await deriveResult(folder);
    await folder.write('checks.json', toJson(await runChecks(checks, preliminary)));
  }
  return writeResult(folder, await deriveResult(folder));
}

/** Writes `result.json` and `summary.txt`. */
export async function writeResult(folder: RunFolder, result: RunResult): Promise<RunResult> {
  await folder.write('summary.txt', formatSummary(result));
  await folder.write('result.json', toJson(result));
  return result;
}

async function runChecks(checks: readonly CustomCheck[], result: RunResult): Promise<CheckOutcomes> {
  const outcomes: CheckOutcomes = [];
  for (const { expectation, check } of checks) {
    const { title, sha256 } = expectation;
    const message = await messageOf(check, result);
    outcomes.push({
      title,
      sha256,
      passed: message === undefined,
      ...(message === undefined ? {} : { message }),
    });
  }
  return outcomes;
}

/** What the assertion says against the result; undefined when it holds. */
async function messageOf(check: CustomCheck['check'], result: RunResult): Promise<string | undefined> {
  try {
    await check(result);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
