import { basename, dirname } from 'node:path';
import { type BoardNeeds, boardNeeds } from '../bench/board-needs.js';
import { parseScenario, type ScenarioSpec } from '../bench/scenario-spec.js';
import { ConfigError } from '../errors.js';
import type { FolderStore } from '../farm/blobs/folder-store.js';
import { makeTree } from '../farm/blobs/make-tree.js';
import { ship } from '../farm/blobs/ship.js';
import { type Job, jobSchema } from '../farm/jobs/job.js';
import { makeJob } from '../farm/jobs/make-job.js';
import type { GivenLabels } from '../results/labels.js';
import type { Collected } from '../scenario/collect-scenarios.js';
import { tokenrackVersion } from '../version.js';
import type { JobDraft } from './plan-night.js';

/** A scenario that was loaded, and what it needs. */
export interface LoadedScenario {
  readonly title: string;
  readonly file: string;
  readonly spec: ScenarioSpec;
  readonly needs: BoardNeeds;
}

/** @throws ConfigError for a build that cannot be read */
export async function loadNeeds({ definitions }: Collected): Promise<LoadedScenario[]> {
  const loaded: LoadedScenario[] = [];
  for (const { title, file, input } of definitions) {
    const spec = parseScenario(title, input);
    loaded.push({ title, file, spec, needs: await boardNeeds(spec) });
  }
  return loaded;
}

/** What is the same for all jobs of one scenario. */
type Common = Omit<Job, 'id' | 'requires' | 'expectedMs'>;

/**
 * What a scenario's jobs have in common. With `store`, their tree is all that another machine needs, and is put there; without, it is
 * the scenario's file alone, since this machine reads everything else where it lies.
 */
async function commonOf(
  { title, file, spec }: LoadedScenario,
  labels: GivenLabels,
  store: FolderStore | undefined,
): Promise<Common> {
  if (store === undefined) {
    const { hash } = await makeTree(dirname(file), [basename(file)]);
    return {
      job: 1,
      tokenrack: tokenrackVersion,
      tree: hash,
      file: basename(file),
      title,
      overrides: {},
      labels,
      retries: 0,
    };
  }
  const { job, made } = await makeJob({ id: 'common', title, file, spec, overrides: {}, labels });
  await ship(made, store);
  const { id: _id, requires: _requires, ...common } = job;
  return common;
}

/** @throws ConfigError for what cannot be sent to another machine */
export async function makeJobs(
  drafts: readonly JobDraft[],
  scenarios: readonly LoadedScenario[],
  {
    labels,
    store,
    expectedMs,
    leaseTtlMs,
  }: {
    readonly labels: GivenLabels;
    readonly store?: FolderStore;
    readonly expectedMs: (draft: JobDraft) => number | undefined;
    readonly leaseTtlMs?: number | undefined;
  },
): Promise<Job[]> {
  const commons = new Map<string, Common>();
  for (const one of scenarios) {
    if (drafts.some(({ title }) => title === one.title))
      commons.set(one.title, await commonOf(one, labels, store));
  }
  return drafts.map((draft) => {
    const expected = expectedMs(draft);
    const { id, requires, title } = draft;
    return jobSchema.parse({
      ...commons.get(title)!,
      id,
      requires,
      ...(expected === undefined ? {} : { expectedMs: Math.round(expected) }),
      ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
    });
  });
}

/**
 * A night goes on with what it began with: the files of scenarios that are still to be run are as they were.
 * @throws ConfigError `night-changed`
 */
export async function refuseChanges(
  jobs: readonly Job[],
  scenarios: readonly LoadedScenario[],
  store: FolderStore | undefined,
): Promise<void> {
  for (const title of new Set(jobs.map((job) => job.title))) {
    const job = jobs.find((one) => one.title === title)!;
    const scenario = scenarios.find((one) => one.title === title);
    const same =
      scenario !== undefined && (await commonOf(scenario, job.labels ?? {}, store)).tree === job.tree;
    if (same) continue;
    const message = `the scenario "${title}" is not what it was when the night began: begin a new night`;
    throw new ConfigError('night-changed', message, { title });
  }
}
