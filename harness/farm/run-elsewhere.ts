import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeResult } from '../bench/conclude.js';
import { deriveResult } from '../bench/derive.js';
import type { RunOptions } from '../bench/run-options.js';
import { runScenario } from '../bench/run-scenario.js';
import type { ScenarioSpec } from '../bench/scenario-spec.js';
import { ConfigError, TokenrackError } from '../errors.js';
import type { RackHost } from '../rack/host-schema.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import type { Overrides } from '../scenario/overrides.js';
import type { ScenarioRunner } from '../scenario/session.js';
import { openFolderStore } from './blobs/folder-store.js';
import { ship } from './blobs/ship.js';
import { runInTurn } from './boards-turn.js';
import { chooseMachine } from './choose-machine.js';
import { makeJob } from './jobs/make-job.js';
import type { Finished, Place } from './place.js';

export type PlaceOpener = (host: RackHost, boards: readonly RackBoard[]) => Promise<Place>;

export interface ElsewhereOptions {
  readonly overrides: Overrides;
  /** The scenario's file by its title; undefined for the ad-hoc one. */
  readonly fileOf: (title: string) => string | undefined;
  readonly openPlace: PlaceOpener;
  /** Between one look for a free board and the next; default 2,000. */
  readonly pauseMs?: number;
}

/**
 * Runs scenarios wherever the rack has the boards: on this machine as ever, on another one as a job there, told and judged here as if it
 * had been here.
 * @throws what `chooseMachine`, `makeJob` and the place throw; what ended a job that came to no run
 */
export function runAnywhere(elsewhere: ElsewhereOptions): ScenarioRunner {
  return async (title, spec, checks, options) => {
    const { rack } = options;
    if (rack.boards.every((board) => board.rack_host === undefined))
      return runScenario(title, spec, checks, options);
    const { host, boards } = chooseMachine(rack, spec.boards, options.boards);
    if (host === undefined)
      return runScenario(title, spec, checks, { ...options, rack: { ...rack, boards } });
    const machine = rack.hosts.find((one) => one.id === host);
    await using place = await elsewhere.openPlace(machine!, boards);
    return await runOn(place, title, spec, options, elsewhere);
  };
}

async function runOn(
  place: Place,
  title: string,
  spec: ScenarioSpec,
  options: RunOptions,
  { overrides, fileOf, pauseMs = 2000 }: ElsewhereOptions,
): Promise<RunResult> {
  const { labels, retries, expectedMs, leaseTtlMs, stateFolder } = options;
  const file = fileOf(title);
  const { job, made } = await makeJob({
    id: `run-${stamp(new Date())}-${randomBytes(3).toString('hex')}`,
    title,
    spec,
    overrides,
    retries,
    ...(file === undefined ? {} : { file }),
    ...(labels === undefined ? {} : { labels }),
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
  });
  await ship(made, await openFolderStore(join(stateFolder, 'blobs')));
  const count = options.boards.length > 0 ? options.boards.length : spec.boards.count;
  const finished = await runInTurn(place, job, { ...options, count, pauseMs });
  return resultOf(finished);
}

/** From the run folder and nothing else, as of any run; the summary is written anew, since it names where the folder is. */
async function resultOf({ outcome, runFolder }: Finished): Promise<RunResult> {
  if (runFolder !== undefined) {
    const folder = await RunFolder.open(runFolder);
    const result = await deriveResult(folder).catch((error: unknown) => {
      if (error instanceof ConfigError && outcome.failures.length > 0) return undefined;
      throw error;
    });
    if (result !== undefined) return writeResult(folder, result);
  }
  const [failure] = outcome.failures;
  const message = `on ${outcome.machine}: ${failure?.message ?? 'the job came to no run'}`;
  throw new TokenrackError(failure?.code ?? 'no-run', failure?.class ?? 'harness-bug', message);
}

function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace(/\D/g, '');
}
