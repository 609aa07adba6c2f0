import { join } from 'node:path';
import { runScenario } from '../../bench/run-scenario.js';
import type { Rack, RackBoard } from '../../rack/rack-file.js';
import type { RunResult } from '../../results/result.js';
import { combineVerdicts } from '../../results/verdict.js';
import { runSuites } from '../../scenario/run-suites.js';
import { openSession, type ScenarioRunner } from '../../scenario/session.js';
import { materialize } from '../blobs/materialize.js';
import type { BlobStore } from '../blobs/tree.js';
import { boardsWithTables } from './cost-tables.js';
import type { EventLog } from './event-log.js';
import { AD_HOC, type Job, type JobOutcome, type Placement } from './job.js';
import type { JobFolder } from './job-folder.js';
import { failureOf, verdictOf } from './job-outcome.js';

export type JobResult = Pick<JobOutcome, 'verdict' | 'failures' | 'boards'>;

export interface JobSurroundings {
  readonly folder: JobFolder;
  readonly store: BlobStore;
  readonly stateFolder: string;
  readonly log: EventLog;
  readonly signal: AbortSignal;
}

/**
 * Puts the job's tree into its working folder, works there from now on, and runs its one scenario on the boards of the placement. Metrics
 * are whose who made the job.
 * @throws whatever kept the scenario from being loaded
 */
export async function runScenarioOf(job: Job, placement: Placement, at: JobSurroundings): Promise<JobResult> {
  const { folder, store, log, signal } = at;
  signal.throwIfAborted();
  await materialize(store, job.tree, folder.work);
  process.chdir(folder.work);
  const results: RunResult[] = [];
  const thrown: JobOutcome['failures'] = [];
  openSession({
    overrides: job.overrides,
    rack: rackOf(await boardsWithTables(placement, folder.path)),
    boards: placement.boards.map(({ id }) => id),
    retries: job.retries,
    only: [job.title],
    sinks: [],
    onEvent: (event) => log.event(event),
    onResult: (result) => results.push(result),
    onReport: () => {},
    runner: runnerOf(job, placement, at, (error) => thrown.push(failureOf(error))),
    signal,
    ...(job.labels === undefined ? {} : { labels: job.labels }),
  });
  const { failures } = await runSuites(job.file === AD_HOC ? AD_HOC : [join(folder.work, job.file)]);
  return judge(
    placement,
    results,
    failures.map((failure) => withCode(failure, thrown)),
  );
}

/** All of them are this machine's, whatever the controller calls it. */
function rackOf(boards: readonly RackBoard[]): Rack {
  return { path: 'the placement', hosts: [], boards: boards.map(({ rack_host: _, ...board }) => board) };
}

function runnerOf(
  job: Job,
  { waitMs = 0 }: Placement,
  { folder, stateFolder }: JobSurroundings,
  onError: (error: unknown) => void,
): ScenarioRunner {
  const { expectedMs, leaseTtlMs } = job;
  const terms = {
    // Unless it was said otherwise, a board that is somebody else's is told at once: whoever placed the job finds another.
    leaseTimeoutMs: waitMs,
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
  };
  return async (title, spec, checks, options) => {
    try {
      return await runScenario(title, spec, checks, {
        ...options,
        ...terms,
        stateFolder,
        runsFolder: folder.runs,
      });
    } catch (error) {
      onError(error);
      throw error;
    }
  };
}

/** What mocha tells of an error is its message: its code is told by whoever saw it thrown. */
function withCode(
  failure: JobOutcome['failures'][number],
  thrown: JobOutcome['failures'],
): JobOutcome['failures'][number] {
  const code = thrown.find(({ message }) => failure.message.includes(message))?.code;
  return code === undefined ? failure : { ...failure, code };
}

async function judge(
  placement: Placement,
  results: readonly RunResult[],
  failures: JobOutcome['failures'],
): Promise<JobResult> {
  const [result] = results;
  const judged = result === undefined ? undefined : await verdictOf(result);
  return {
    verdict: combineVerdicts([
      ...(judged === undefined ? [] : [judged.verdict]),
      ...failures.map((one) => one.class),
    ]),
    failures: [...(judged?.failures ?? []), ...failures],
    boards: judged?.boards ?? placement.boards.map(({ id, mac }) => ({ id, mac })),
  };
}
