import type { ScenarioSpec } from '../../bench/scenario-spec.js';
import type { GivenLabels } from '../../results/labels.js';
import type { Overrides } from '../../scenario/overrides.js';
import { tokenrackVersion } from '../../version.js';
import type { MadeTree } from '../blobs/make-tree.js';
import { checkPaths } from '../blobs/tree-hash.js';
import { AD_HOC, type Job, jobSchema } from './job.js';
import { collectJobFiles } from './job-files.js';

export interface JobRequest {
  /** Names it for ever and everywhere (`jobIdSchema`). */
  readonly id: string;
  readonly title: string;
  /** Absolute path of the scenario file; absent for the ad-hoc scenario, which is made of the overrides. */
  readonly file?: string;
  /** As parsed, with the overrides. */
  readonly spec: ScenarioSpec;
  /** Of the session in which the scenario was loaded. */
  readonly overrides: Overrides;
  readonly labels?: GivenLabels;
  /** This one board only. Default: any that has the labels which the scenario asks for. */
  readonly mac?: string;
  readonly retries?: number;
  readonly expectedMs?: number;
  readonly leaseTtlMs?: number;
}

/** A job, and the tree that has to be where it runs before it is started. */
export interface MadeJob {
  readonly job: Job;
  readonly made: MadeTree;
}

/**
 * Makes a job of a scenario: the folder of its file, and what it reads, become the tree. Paths are the working folder's; what lies
 * elsewhere is put below `inputs/` and said so in the overrides. Touches no hardware.
 * @throws ConfigError for what is missing, or cannot be sent
 */
export async function makeJob(request: JobRequest): Promise<MadeJob> {
  const { id, title, spec, overrides, mac, file } = request;
  const { made, overrides: moved, file: inTree = AD_HOC } = await collectJobFiles(spec, file);
  checkPaths(made.tree);
  const { labels, retries, expectedMs, leaseTtlMs } = request;
  const job = jobSchema.parse({
    job: 1,
    id,
    tokenrack: tokenrackVersion,
    tree: made.hash,
    file: inTree,
    title,
    overrides: { ...overrides, ...moved },
    requires: {
      labels: [...new Set(spec.boards.labels)].sort(),
      count: spec.boards.count,
      ...(mac === undefined ? {} : { mac }),
    },
    ...(labels === undefined ? {} : { labels }),
    ...(retries === undefined ? {} : { retries }),
    ...(expectedMs === undefined ? {} : { expectedMs: Math.round(expectedMs) }),
    ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
  });
  return { job, made };
}
