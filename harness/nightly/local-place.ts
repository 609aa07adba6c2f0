import { runScenario } from '../bench/run-scenario.js';
import { parseScenario } from '../bench/scenario-spec.js';
import type { Job } from '../farm/jobs/job.js';
import type { BoardStatus, Finished, Place, PlaceRunOptions } from '../farm/place.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { ScenarioDefinition } from '../scenario/session.js';
import { failedOutcome, outcomeOf } from './job-outcome.js';
import { TryFolder } from './try-folder.js';

export interface LocalPlaceOptions {
  /** This machine's, of the rack. */
  readonly boards: readonly RackBoard[];
  readonly definitions: readonly ScenarioDefinition[];
  readonly stateFolder: string;
  /** Where it is kept what was started and what it came to, so that nothing is run twice. */
  readonly triesFolder: string;
  /** Name of this machine in outcomes. */
  readonly machine: string;
}

/** The boards of this machine, all in this process: a board costs its own memory and no further process. */
export function openLocalPlace(options: LocalPlaceOptions): Place {
  const scenarios = new Map(options.definitions.map((definition) => [definition.title, definition]));
  return {
    name: 'local',
    boards: options.boards,
    status: async () => options.boards.map(({ mac }): BoardStatus => ({ mac, state: 'free' })),
    async run(job, placement, runOptions) {
      const folder = new TryFolder(options.triesFolder, job.id, placement.try);
      const known = await folder.begin();
      if (known !== undefined) return known;
      const finished = await runHere(scenarios.get(job.title), job, placement, runOptions, options);
      await folder.finish(finished);
      return finished;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Failures are outcomes, a bug of ours too. @throws InfraError `lease-busy` */
async function runHere(
  definition: ScenarioDefinition | undefined,
  job: Job,
  placement: { readonly try: number; readonly boards: readonly RackBoard[] },
  run: PlaceRunOptions,
  { machine, stateFolder }: LocalPlaceOptions,
): Promise<Finished> {
  const began = { job: job.id, try: placement.try, machine, startedAt: new Date().toISOString() };
  const boards = placement.boards.map(({ id, mac }) => ({ id, mac }));
  try {
    if (definition === undefined) throw new Error(`no scenario "${job.title}" was loaded`);
    const result = await runScenario(
      job.title,
      parseScenario(job.title, definition.input),
      definition.checks,
      {
        rack: { path: 'the night', hosts: [], boards: placement.boards },
        boards: boards.map(({ id }) => id),
        retries: job.retries,
        ...(job.labels === undefined ? {} : { labels: job.labels }),
        stateFolder,
        runsFolder: run.runsFolder,
        onEvent: run.onEvent,
        signal: run.signal,
      },
    );
    return { outcome: await outcomeOf(result, began), runFolder: result.run.folder };
  } catch (error) {
    return { outcome: failedOutcome(error, { ...began, boards }) };
  }
}
