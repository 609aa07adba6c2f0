import { setMaxListeners } from 'node:events';
import { InfraError } from '../../errors.js';
import { fetchRun } from '../blobs/fetch-run.js';
import type { FolderStore } from '../blobs/folder-store.js';
import { inParallel } from '../blobs/in-parallel.js';
import { fetchTree } from '../blobs/ship.js';
import type { BlobStore } from '../blobs/tree.js';
import type { Job, JobOutcome } from '../jobs/job.js';
import type { Finished } from '../place.js';
import { classOf } from './classes.js';
import { openConnection, type QueueConnection } from './connection.js';
import { JobTable, type Submitted } from './job-table.js';
import { type OnLiveLine, watchEvents } from './live-events.js';
import type { QueueListener } from './queue-event.js';
import { QueueUpkeep } from './queue-upkeep.js';
import { adviseOnRedis } from './redis-advice.js';
import { RedisBlobs } from './redis-blobs.js';
import { PATIENCE, type Patience, UnservedWatch } from './unserved-watch.js';
import { orAborted, pauseFor, persist } from './waiting.js';
import { listWorkers, type WorkerFacts } from './workers.js';

const POLL_MS = 500;
const CANCEL_TRIES = 5;

/** The controller's end of the queue. */
export interface JobQueue extends AsyncDisposable {
  /** Adds the jobs, with their trees out of `blobs`. A job that is in the queue already stays as it is. */
  submit(jobs: readonly Job[], blobs: BlobStore): Promise<void>;
  /**
   * Hands over the outcome of each of these jobs, one after the other, with its run folder; resolves when each had one or was
   * cancelled. A job leaves the queue when the caller's promise has resolved: if this process dies before, it is
   * handed over again to the next one that submits it.
   * @param jobIds submitted here before
   * @throws the signal's reason; whatever `onOutcome` throws
   */
  outcomes(
    jobIds: readonly string[],
    onOutcome: (finished: Finished) => Promise<void>,
    options: OutcomeOptions,
  ): Promise<void>;
  /** Hands over what happens in the jobs that were submitted here, as far as it is still there, until the signal aborts. */
  watch(onLine: OnLiveLine, signal: AbortSignal): Promise<void>;
  workers(): Promise<WorkerFacts[]>;
  /** Takes those out of the queue that no worker has and that are not done. Resolves with their ids. */
  withdraw(jobIds: readonly string[]): Promise<string[]>;
  /** Takes them out of the queue; whoever runs one stops it. */
  cancel(jobIds: readonly string[]): Promise<void>;
}

export interface OutcomeOptions {
  /** Under which run folders are put. */
  readonly runsFolder: string;
  readonly signal: AbortSignal;
}

export interface JobQueueOptions {
  readonly version: string;
  /** Ends every wait for Redis. */
  readonly signal: AbortSignal;
  readonly onEvent: QueueListener;
  /** What this machine has of run folders already. */
  readonly near: FolderStore;
  readonly patience?: Patience;
  readonly pollMs?: number;
  readonly lookAfterMs?: number;
}

/** @throws ConfigError `queue-url`, `queue-refused`, `queue-host-unknown`; the signal's reason */
export async function openJobQueue(url: string, options: JobQueueOptions): Promise<JobQueue> {
  const connection = await openConnection(url, options);
  try {
    const advice = await orAborted(adviseOnRedis(connection.redis), options.signal);
    for (const each of advice) options.onEvent({ type: 'warning', ...each });
    return new RedisJobQueue(connection, options);
  } catch (error) {
    // It would be made again for ever, and keep the process from ending.
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

class RedisJobQueue implements JobQueue {
  private readonly far: RedisBlobs;
  private readonly table: JobTable;
  private readonly upkeep: QueueUpkeep;
  /** Ends every wait; any number of them at once. */
  private readonly ended: AbortSignal;
  /** Not yet acknowledged or cancelled. */
  private readonly submitted = new Map<string, Submitted>();
  /** Being withdrawn: such a one is not forgotten when Redis does not have it any more. */
  private readonly leaving = new Set<string>();

  constructor(
    private readonly connection: QueueConnection,
    private readonly options: JobQueueOptions,
  ) {
    const { onEvent, signal, version, patience = PATIENCE } = options;
    this.far = new RedisBlobs(connection.redis, { onEvent });
    this.table = new JobTable(connection, this.far, this.ask);
    const unserved = new UnservedWatch(version, patience, onEvent);
    this.upkeep = new QueueUpkeep(this.table, unserved, {
      ...options,
      workers: () => this.workers(),
      isWanted: ({ job }) => this.submitted.has(job.id) && !this.leaving.has(job.id),
    });
    this.ended = AbortSignal.any([signal]);
    setMaxListeners(0, this.ended);
  }

  async submit(jobs: readonly Job[], blobs: BlobStore): Promise<void> {
    const all = jobs.map((job) => ({ job, className: classOf(job.requires), blobs }));
    await this.table.sendTrees(all);
    await this.table.add(all);
    for (const each of all) this.submitted.set(each.job.id, each);
  }

  async outcomes(
    jobIds: readonly string[],
    onOutcome: (finished: Finished) => Promise<void>,
    { runsFolder, signal }: OutcomeOptions,
  ): Promise<void> {
    const either = AbortSignal.any([signal, this.ended]);
    const pending = (): Submitted[] => jobIds.flatMap((id) => this.submitted.get(id) ?? []);
    for (;;) {
      if (pending().length === 0) return;
      const outcomes = await orAborted(this.table.outcomes(pending()), either);
      for (const finished of await orAborted(this.fetchRuns(outcomes, runsFolder), either)) {
        await this.deliver(finished, onOutcome);
      }
      const staying = pending().filter(({ job }) => !this.leaving.has(job.id));
      for (const outcome of await orAborted(this.upkeep.look(staying), either)) {
        await this.deliver({ outcome }, onOutcome);
      }
      if (!(await pauseFor(this.options.pollMs ?? POLL_MS, either))) throw either.reason;
    }
  }

  async watch(onLine: OnLiveLine, signal: AbortSignal): Promise<void> {
    const { redis, keys } = this.connection;
    const pause = () => pauseFor(POLL_MS, signal);
    const watching = watchEvents(redis, keys, () => this.submitted.keys(), onLine, pause);
    await orAborted(watching, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  workers(): Promise<WorkerFacts[]> {
    return this.ask(() => listWorkers(this.connection.redis));
  }

  async withdraw(jobIds: readonly string[]): Promise<string[]> {
    const withdrawn: string[] = [];
    for (const id of jobIds) {
      const found = this.submitted.get(id);
      if (found === undefined) continue;
      this.leaving.add(id);
      if (await this.table.withdraw(found)) {
        this.submitted.delete(id);
        withdrawn.push(id);
      }
      this.leaving.delete(id);
    }
    return withdrawn;
  }

  async cancel(jobIds: readonly string[]): Promise<void> {
    for (const id of jobIds) {
      const found = this.submitted.get(id);
      this.submitted.delete(id);
      // A worker may take it between the two: then once more.
      for (let left = CANCEL_TRIES; left > 0 && found !== undefined; left--) {
        await this.table.breakLock(found);
        if (await this.table.remove(found)) break;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
  }

  private readonly ask = <T>(command: () => Promise<T>): Promise<T> =>
    persist(command, this.ended, this.options.onEvent);

  private async fetchRuns(outcomes: readonly JobOutcome[], runsFolder: string): Promise<Finished[]> {
    const finished: Finished[] = [];
    await inParallel(outcomes, async (outcome) => {
      finished.push(await this.fetchRunOf(outcome, runsFolder));
    });
    return finished;
  }

  private async fetchRunOf(outcome: JobOutcome, runsFolder: string): Promise<Finished> {
    const { run } = outcome;
    if (run === undefined) return { outcome };
    const fetch = (folder: string) =>
      this.ask(() => fetchTree(this.far, run.tree, this.options.near, folder));
    try {
      return { outcome, runFolder: await fetchRun(run, runsFolder, fetch) };
    } catch (error) {
      if (!(error instanceof InfraError)) throw error;
      return { outcome: withoutRun(outcome, error) };
    }
  }

  private async deliver(finished: Finished, onOutcome: (finished: Finished) => Promise<void>): Promise<void> {
    const found = this.submitted.get(finished.outcome.job);
    if (found === undefined) return;
    await onOutcome(finished);
    this.submitted.delete(finished.outcome.job);
    await this.table.remove(found);
  }
}

/** A verdict that cannot be looked into is none. */
function withoutRun(outcome: JobOutcome, error: InfraError): JobOutcome {
  const { run: _, ...rest } = outcome;
  const message = `the run folder did not arrive (it said ${outcome.verdict}): ${error.message}`;
  return { ...rest, verdict: 'infra-fail', failures: [{ class: 'infra-fail', code: error.code, message }] };
}
