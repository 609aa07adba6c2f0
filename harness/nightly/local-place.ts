import { rm } from 'node:fs/promises';
import { runScenario } from '../bench/run-scenario.js';
import { parseScenario } from '../bench/scenario-spec.js';
import { SharedWork } from '../bench/shared-work.js';
import { DISK_FULL, InfraError } from '../errors.js';
import { boardStatus } from '../farm/host/board-status.js';
import type { Job } from '../farm/jobs/job.js';
import { failedOutcome, failureOf } from '../farm/jobs/job-outcome.js';
import { leftLine } from '../farm/left-line.js';
import type { Finished, Place, PlaceRunOptions } from '../farm/place.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { ScenarioDefinition } from '../scenario/session.js';
import { LOCAL } from './plan-night.js';
import { outcomeOf } from './run-result.js';
import { TryFolder } from './try-folder.js';

export interface LocalPlaceOptions {
  /** This machine's, of the rack. */
  readonly boards: readonly RackBoard[];
  readonly definitions: readonly ScenarioDefinition[];
  readonly stateFolder: string;
  /** Where real boards' leases are. */
  readonly machineFolder: string;
  /** Where it is kept what was started and what it came to, so that nothing is run twice. */
  readonly triesFolder: string;
  /** Name of this machine in outcomes. */
  readonly machine: string;
}

interface Here extends LocalPlaceOptions {
  readonly shared: SharedWork;
}

/**
 * The boards of this machine, all in this process: a board costs its own memory and no further process. A job stands in line for a board of
 * somebody else as long as it takes, or until its signal aborts by an InfraError `lease-busy`: then it is refused by that. A job that ended because this
 * machine's disk takes nothing more is an InfraError `disk-full`, no outcome.
 */
export function openLocalPlace(options: LocalPlaceOptions): Place {
  const shared = new SharedWork();
  const scenarios = new Map(options.definitions.map((definition) => [definition.title, definition]));
  return {
    name: LOCAL,
    boards: options.boards,
    status: () => Promise.all(options.boards.map((board) => boardStatus(board, options))),
    async run(job, placement, runOptions) {
      const folder = new TryFolder(options.triesFolder, job.id, placement.try);
      const known = await folder.begin();
      if (known !== undefined) return known;
      const finished = await runHere(scenarios.get(job.title), job, placement, runOptions, {
        ...options,
        shared,
      });
      const { signal } = runOptions;
      const stopped = signal.aborted && finished.outcome.verdict === 'inconclusive';
      const busy = stopped ? leftLine(signal) : busyOf(finished);
      if (busy !== undefined) {
        if (finished.runFolder !== undefined) await rm(finished.runFolder, { recursive: true });
        await folder.forget();
        throw busy;
      }
      const full = diskFullOf(finished);
      if (full !== undefined) throw full;
      // Who was stopped came to nothing that another controller should find here.
      if (!stopped) await folder.finish(finished);
      return finished;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Failures are outcomes, a bug of ours too. */
async function runHere(
  definition: ScenarioDefinition | undefined,
  job: Job,
  placement: { readonly try: number; readonly boards: readonly RackBoard[] },
  run: PlaceRunOptions,
  { machine, stateFolder, machineFolder, shared }: Here,
): Promise<Finished> {
  const begun = { job: job.id, try: placement.try, machine, startedAt: new Date().toISOString() };
  const boards = placement.boards.map(({ id, mac }) => ({ id, mac }));
  const { title, retries, labels, expectedMs, leaseTtlMs } = job;
  try {
    if (definition === undefined) throw new Error(`no scenario "${title}" was loaded`);
    const result = await runScenario(title, parseScenario(title, definition.input), definition.checks, {
      rack: { path: 'the night', hosts: [], boards: placement.boards },
      boards: boards.map(({ id }) => id),
      retries,
      stateFolder,
      machineFolder,
      shared,
      runsFolder: run.runsFolder,
      onEvent: run.onEvent,
      signal: run.signal,
      ...(labels === undefined ? {} : { labels }),
      ...(expectedMs === undefined ? {} : { expectedMs }),
      ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
    });
    return { outcome: await outcomeOf(result, begun), runFolder: result.run.folder };
  } catch (error) {
    return { outcome: failedOutcome(failureOf(error), { ...begun, boards }) };
  }
}

/** What this machine's disk was at fault for says nothing of the job, and is to be found by nobody who tries it again. */
function diskFullOf({ outcome }: Finished): InfraError | undefined {
  const failure = outcome.failures.find(({ code }) => code === DISK_FULL);
  return failure === undefined ? undefined : new InfraError(DISK_FULL, failure.message, { job: outcome.job });
}

/** A run whose boards could not be had did nothing: it is as if it had not been. */
function busyOf({ outcome, runFolder }: Finished): InfraError | undefined {
  const failure = outcome.failures.find(({ code }) => code === 'lease-busy');
  if (failure === undefined || runFolder === undefined) return undefined;
  return new InfraError('lease-busy', failure.message, { job: outcome.job });
}
