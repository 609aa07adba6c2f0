import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { readEnvironment } from '../../config/environment.js';
import { TokenrackError } from '../../errors.js';
import { EXIT_CODES } from '../../results/verdict.js';
import { openFolderStore } from '../blobs/folder-store.js';
import { makeTree } from '../blobs/make-tree.js';
import { ship } from '../blobs/ship.js';
import { EventLog } from './event-log.js';
import type { Job, JobOutcome, Placement } from './job.js';
import { JobFolder } from './job-folder.js';
import { failedOutcome, failureOf } from './job-outcome.js';
import { ownIdentity } from './process-identity.js';
import { type JobResult, runScenarioOf } from './run-scenario-of.js';

/** How long a tied job may take to let go of its boards once its parent is gone. */
const LAST_MS = 500;

export interface RunJobOptions {
  /** Interrupts the run. */
  readonly signal: AbortSignal;
  /** A stream whose end is the parent's: the run is interrupted then, and the process ended when that takes longer. */
  readonly parent?: Readable;
}

/**
 * What a job's process does: takes the job, works in its tree, and leaves the outcome, whatever happens.
 * Undefined when the job is not ours to run: another process has it, or it was given up.
 */
export async function runJobIn(path: string, options: RunJobOptions): Promise<JobOutcome | undefined> {
  const folder = new JobFolder(path);
  const startedAt = new Date().toISOString();
  if (!(await folder.claim(ownIdentity()))) return undefined;
  const { job, placement } = await folder.job();
  const begun = { job: job.id, try: placement.try, machine: hostname(), startedAt };
  const failed = (error: unknown): JobOutcome =>
    failedOutcome(failureOf(error), { ...begun, boards: placement.boards });
  process.once('uncaughtException', (error) => void leaveAs(folder, failed(error)));
  const outcome = await runIn(folder, job, placement, interruptible(folder, options)).then(
    (ended): JobOutcome => ({ ...begun, endedAt: new Date().toISOString(), ...ended }),
    failed,
  );
  await folder.finish(outcome);
  return outcome;
}

type Ended = Pick<JobOutcome, 'verdict' | 'failures' | 'boards' | 'run'>;

async function runIn(folder: JobFolder, job: Job, placement: Placement, signal: AbortSignal): Promise<Ended> {
  const { stateFolder } = readEnvironment();
  const store = await openFolderStore(join(stateFolder, 'blobs'));
  using log = new EventLog(folder.events);
  const { verdict, failures, boards } = await runScenarioOf(job, placement, {
    folder,
    store,
    stateFolder,
    log,
    signal,
  });
  const ended: JobResult = { verdict, failures, boards };
  await forgetWork(folder);
  const run = await folder.runFolder();
  // Nothing was done with a board that somebody else had: there is nothing to see in the run.
  if (run === undefined || failures.some(({ code }) => code === 'lease-busy')) return ended;
  const made = await makeTree(run);
  await ship(made, store);
  return { ...ended, run: { id: run.split(/[\\/]/).at(-1)!, tree: made.hash } };
}

/** The tree's files are blobs; the copy that was worked in is of no use any more. */
async function forgetWork(folder: JobFolder): Promise<void> {
  process.chdir(folder.path);
  await rm(folder.work, { recursive: true, force: true });
}

/** An exception that nobody waited for: nothing in this process can be relied on after it. */
async function leaveAs(folder: JobFolder, outcome: JobOutcome): Promise<void> {
  await folder.finish(outcome).catch(() => {});
  process.exit(EXIT_CODES[outcome.verdict]);
}

/** Aborts with the given signal, when the job was stopped before it began, and when its parent is gone. */
function interruptible(folder: JobFolder, { signal, parent }: RunJobOptions): AbortSignal {
  const interrupted = (why: string) => new TokenrackError('interrupted', 'inconclusive', why);
  if (existsSync(join(folder.path, 'stop'))) return AbortSignal.abort(interrupted('stopped before it began'));
  if (parent === undefined) return signal;
  const orphaned = new AbortController();
  whenOver(parent, () => {
    orphaned.abort(interrupted('interrupted: whoever started it is gone'));
    setTimeout(() => process.exit(EXIT_CODES.inconclusive), LAST_MS).unref();
  });
  return AbortSignal.any([signal, orphaned.signal]);
}

/** Watching it does not keep the process from ending. */
function whenOver(parent: Readable, act: () => void): void {
  parent.once('end', act).once('error', act).resume();
  (parent as { unref?: () => void }).unref?.();
}
