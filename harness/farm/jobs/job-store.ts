import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, InfraError } from '../../errors.js';
import { tokenrackVersion } from '../../version.js';
import { followJob, type OnJobLine } from './follow-job.js';
import { forgetOldJobs, removeJob } from './forget-jobs.js';
import type { Job, JobOutcome, Placement } from './job.js';
import { JobFolder, type JobRef, noJob } from './job-folder.js';
import { isAlive } from './process-identity.js';
import { type JobCommand, ownCommand, spawnJob } from './spawn-job.js';

export type { JobRef, OnJobLine };

/** Jobs of this machine; any number of processes may have one open over the same state folder. */
export interface JobStore {
  /**
   * Makes the job's folder in one step and starts a process for it; `already` when the folder is there.
   * @param options.tied the process ends when ours does
   * @throws ConfigError `other-version`; InfraError `job-died` when no process can be started
   */
  start(
    job: Job,
    placement: Placement,
    options?: { readonly tied?: boolean },
  ): Promise<'started' | 'already'>;
  /**
   * Hands over the lines of `events.jsonl` that begin at `offset` or later, each with the offset after it, and resolves with the outcome.
   * @throws InfraError `no-job`, `job-died`; the signal's reason, which leaves the job running
   */
  follow(ref: JobRef, offset: number, onLine: OnJobLine, signal: AbortSignal): Promise<JobOutcome>;
  /** Interrupts it, as Ctrl-C does; it still comes to an outcome. Nothing for a job that has ended. @throws InfraError `no-job` */
  stop(ref: JobRef): Promise<void>;
  /** Forgets it. Nothing for a job that is not there. @throws InfraError `job-runs` */
  remove(ref: JobRef): Promise<void>;
  /** Undefined while there is none. */
  outcome(ref: JobRef): Promise<JobOutcome | undefined>;
  /** Absolute; undefined when it did not come to one. */
  runFolderOf(ref: JobRef): Promise<string | undefined>;
}

export interface JobStoreOptions {
  /** What runs a job; default: this same installation. */
  readonly command?: JobCommand;
  /** How long a process may take to begin before the job is told as dead; default 30,000. */
  readonly graceMs?: number;
}

const GRACE_MS = 30_000;
/** How often old things are looked for. */
const SWEEP_MS = 3600 * 1000;

export function openJobStore(
  stateFolder: string,
  { command = ownCommand, graceMs = GRACE_MS }: JobStoreOptions = {},
): JobStore {
  const home = resolve(stateFolder);
  const folderOf = (ref: JobRef): JobFolder => JobFolder.of(home, ref);
  let sweptAt = Number.NEGATIVE_INFINITY;
  return {
    async start(job, placement, { tied = false } = {}) {
      refuseOtherVersion(job);
      const folder = folderOf({ id: job.id, try: placement.try });
      if (performance.now() - sweptAt > SWEEP_MS) {
        sweptAt = performance.now();
        await forgetOldJobs(home, graceMs);
      }
      if (!(await folder.make(job, placement))) return 'already';
      await spawnJob(folder, home, { command, tied }).catch((error: unknown) => giveUp(folder, error));
      return 'started';
    },
    follow: (ref, offset, onLine, signal) => followJob(folderOf(ref), offset, onLine, { signal, graceMs }),
    stop: (ref) => stopJob(folderOf(ref)),
    remove: (ref) => removeJob(home, folderOf(ref), graceMs),
    outcome: (ref) => folderOf(ref).outcome(),
    runFolderOf: (ref) => folderOf(ref).runFolder(),
  };
}

/** How to have the version that was asked for. */
export function installCommand(version: string): string {
  return `npm install -g tokenrack@${version}`;
}

function refuseOtherVersion({ tokenrack: wanted }: Job): void {
  if (wanted === tokenrackVersion) return;
  const message = `the job was made by tokenrack ${wanted}, and this machine has ${tokenrackVersion}: install the same with ${installCommand(wanted)}`;
  throw new ConfigError('other-version', message, { wanted, version: tokenrackVersion });
}

async function giveUp(folder: JobFolder, error: unknown): Promise<never> {
  const abandoned = `its process cannot be started (${error instanceof Error ? error.message : String(error)})`;
  await folder.claim({ abandoned });
  throw new InfraError('job-died', `the job did not begin: ${abandoned}`, {
    path: folder.path,
    cause: error,
  });
}

/** A process that begins after the note was left reads it; one that began before it is told by signal. */
async function stopJob(folder: JobFolder): Promise<void> {
  await writeFile(join(folder.path, 'stop'), '').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? noJob(folder.path) : error;
  });
  const claim = await folder.claimed();
  if (claim === undefined || 'abandoned' in claim || !isAlive(claim)) return;
  try {
    process.kill(claim.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
