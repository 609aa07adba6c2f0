import { rm } from 'node:fs/promises';
import { runScenario } from '../bench/run-scenario.js';
import { parseScenario } from '../bench/scenario-spec.js';
import { SharedWork } from '../bench/shared-work.js';
import { InfraError } from '../errors.js';
import { boardStatus } from '../farm/host/board-status.js';
import type { Job } from '../farm/jobs/job.js';
import type { Finished, Place, PlaceRunOptions } from '../farm/place.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { ScenarioDefinition } from '../scenario/session.js';
import { failedOutcome, outcomeOf } from './job-outcome.js';
import { LOCAL } from './plan-night.js';
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
  /** How long a job that could go elsewhere waits in line for a board; one that wants this board only waits as long as it takes. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 30_000;

interface Here extends LocalPlaceOptions {
  readonly shared: SharedWork;
}

/** The boards of this machine, all in this process: a board costs its own memory and no further process. */
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
      const busy = busyOf(finished);
      if (busy === undefined) await folder.finish(finished);
      else {
        await rm(finished.runFolder!, { recursive: true });
        await folder.forget();
        throw busy;
      }
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
  { machine, stateFolder, machineFolder, shared, patienceMs = PATIENCE_MS }: Here,
): Promise<Finished> {
  const begun = { job: job.id, try: placement.try, machine, startedAt: new Date().toISOString() };
  const boards = placement.boards.map(({ id, mac }) => ({ id, mac }));
  const { title, retries, labels, expectedMs, leaseTtlMs, requires } = job;
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
      ...(requires.mac === undefined ? { leaseTimeoutMs: patienceMs } : {}),
    });
    return { outcome: await outcomeOf(result, begun), runFolder: result.run.folder };
  } catch (error) {
    return { outcome: failedOutcome(error, { ...begun, boards }) };
  }
}

/** A run whose boards could not be had did nothing: it is as if it had not been. */
function busyOf({ outcome, runFolder }: Finished): InfraError | undefined {
  const failure = outcome.failures.find(({ code }) => code === 'lease-busy');
  if (failure === undefined || runFolder === undefined) return undefined;
  return new InfraError('lease-busy', failure.message, { job: outcome.job });
}
