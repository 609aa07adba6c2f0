import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JobOutcome } from '../../../farm/jobs/job.js';
import { combineVerdicts, EXIT_CODES } from '../../../results/verdict.js';
import { foldLedger } from '../../fold-ledger.js';
import { ledgerOf, summaryOf } from '../../testing/night-folder.js';

/** What a night's accidents cost. */
export interface NightCounts {
  readonly jobs: number;
  readonly judged: number;
  /** Tries that came to an infra-fail, or died or were lost with their place, and were followed by another. */
  readonly again: number;
  /** Jobs that came to an infra-fail in the end. */
  readonly infraFails: number;
}

/** As `nightly` has it by default. */
const RETRIES = 1;

/** The queue itself tries again what its workers die of, and gives up later than the night does. */
function isWorkersDeaths({ failures }: JobOutcome): boolean {
  return failures.some(({ code }) => code === 'worker-died');
}

/** What is wrong with the night's ledger, summary and exit code. */
export async function checkNight(
  night: string,
  jobs: number,
  exitCode: number | null,
): Promise<{ readonly faults: string[]; readonly counts: NightCounts }> {
  const records = await ledgerOf(night);
  const faults: string[] = [];
  const fault = (isSo: boolean, text: string): void => void (isSo && faults.push(text));
  const states = [...foldLedger(records).values()];
  fault(states.length !== jobs, `${states.length} jobs of ${jobs} are planned`);
  for (const { job, tries, judged } of states) {
    const times = records.filter((one) => one.record === 'judged' && one.job === job).length;
    fault(times !== 1, `${job} is judged ${times} times`);
    fault(
      judged !== undefined && !['pass', 'infra-fail'].includes(judged.verdict),
      `${job} is ${judged?.verdict}`,
    );
    const spent = tries.filter(({ state, code }) => state === 'retried' || code === 'job-died').length;
    const gaveUpEarly = judged?.verdict === 'infra-fail' && spent < RETRIES && !isWorkersDeaths(judged);
    fault(
      gaveUpEarly,
      `${job} is given up after ${spent} of ${RETRIES} retries: ${judged?.failures[0]?.message}`,
    );
    for (const { try: number, state, outcome, runFolder, delivered } of tries) {
      const of = `${job}, try ${number}`;
      fault(state === 'open', `${of} is open`);
      fault(outcome !== undefined && !delivered, `${of} is not delivered`);
      fault(outcome?.verdict === 'pass' && runFolder === undefined, `${of} passed without a run folder`);
      const result = runFolder && join(resolve(night, runFolder), 'result.json');
      fault(result !== undefined && !existsSync(result), `${of}: there is no ${result}`);
    }
  }
  const summary = await summaryOf(night);
  const { verdict, cells } = summary;
  const expected = combineVerdicts(states.flatMap(({ judged }) => judged?.verdict ?? []));
  fault(verdict !== expected, `the summary says ${verdict}, and the ledger ${expected}`);
  fault(cells.length !== jobs, `${cells.length} cells for ${jobs} jobs`);
  const code = EXIT_CODES[verdict];
  fault(summary.exitCode !== code || exitCode !== code, `exit code ${exitCode} for ${verdict}`);
  const tries = states.flatMap((one) => one.tries);
  return {
    faults,
    counts: {
      jobs,
      judged: states.filter(({ judged }) => judged !== undefined).length,
      again: tries.filter(({ state }) => state === 'retried' || state === 'lost').length,
      infraFails: states.filter(({ judged }) => judged?.verdict === 'infra-fail').length,
    },
  };
}
