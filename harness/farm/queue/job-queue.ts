import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { InfraError } from '../../errors.js';
import type { FolderStore } from '../blobs/folder-store.js';
import { fetchTree } from '../blobs/ship.js';
import type { BlobStore } from '../blobs/tree.js';
import { type Job, type JobOutcome, jobOutcomeSchema } from '../jobs/job.js';
import type { Finished } from '../place.js';
import { canonicalRequirements, classOf } from './classes.js';
import { openConnection, type QueueConnection } from './connection.js';
import { copyTree } from './job-trees.js';
import { bullJobId, jobOfBullId } from './keys.js';
import { type OnLiveLine, watchEvents } from './live-events.js';
import { madeOutcome } from './made-outcome.js';
import type { QueueListener } from './queue-event.js';
import { adviseOnRedis } from './redis-advice.js';
import { RedisBlobs } from './redis-blobs.js';
import { PATIENCE, type Patience, whyUnserved } from './unserved.js';
import { orAborted, pauseFor, persist } from './waiting.js';
import { listWorkers, type WorkerFacts } from './workers.js';

const POLL_MS = 500;
const LOOK_AFTER_MS = 5_000;
const RENEW_TREES_MS = 3_600_000;
const BULK = 200;
/** Outcomes that nobody fetched, and classes that nobody uses. */
const KEPT_SECONDS = 14 * 24 * 3600;
/** BullMQ's lowest; 1 is the highest. */
const LOWEST_PRIORITY = 2 ** 21 - 1;
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

/** @throws ConfigError `queue-url`, `queue-refused`; the signal's reason */
export async function openJobQueue(url: string, options: JobQueueOptions): Promise<JobQueue> {
  const connection = await openConnection(url, options);
  const advice = await orAborted(adviseOnRedis(connection.redis), options.signal);
  for (const each of advice) options.onEvent({ type: 'warning', ...each });
  return new RedisJobQueue(connection, options);
}

interface Submitted {
  readonly job: Job;
  readonly className: string;
  readonly blobs: BlobStore;
}

/** A class that nobody serves. */
interface Unserved {
  readonly since: number;
  told: boolean;
}

class RedisJobQueue implements JobQueue {
  private readonly far: RedisBlobs;
  /** Not yet acknowledged or cancelled. */
  private readonly submitted = new Map<string, Submitted>();
  private readonly unserved = new Map<string, Unserved>();
  private lookedAfterAt = 0;
  private renewedAt = performance.now();

  constructor(
    private readonly connection: QueueConnection,
    private readonly options: JobQueueOptions,
  ) {
    this.far = new RedisBlobs(connection.redis, { onEvent: options.onEvent });
  }

  async submit(jobs: readonly Job[], blobs: BlobStore): Promise<void> {
    const all = jobs.map((job) => ({ job, className: classOf(job.requires), blobs }));
    await this.sendTrees(all);
    await this.add(all);
    for (const each of all) this.submitted.set(each.job.id, each);
  }

  async outcomes(
    jobIds: readonly string[],
    onOutcome: (finished: Finished) => Promise<void>,
    { runsFolder, signal }: OutcomeOptions,
  ): Promise<void> {
    const asked = new Set(jobIds);
    const either = AbortSignal.any([signal, this.options.signal]);
    const deliver = async (outcome: JobOutcome): Promise<void> => {
      const finished = await this.fetchRun(outcome, runsFolder, either);
      if (!this.submitted.has(outcome.job)) return;
      await onOutcome(finished);
      await this.acknowledge(outcome.job);
    };
    for (;;) {
      const pending = [...this.submitted.values()].filter(({ job }) => asked.has(job.id));
      if (pending.length === 0) return;
      for (const outcome of await this.collect(pending, either)) await deliver(outcome);
      for (const outcome of await this.lookAfter(pending, either)) await deliver(outcome);
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

  async cancel(jobIds: readonly string[]): Promise<void> {
    for (const id of jobIds) {
      const found = this.submitted.get(id);
      if (found === undefined) continue;
      this.submitted.delete(id);
      for (let left = CANCEL_TRIES; left > 0; left--) {
        // Without its lock a job can be removed, and whoever runs it finds out at the next renewal.
        await this.ask(() => this.connection.redis.del(`${this.keyOf(found)}:lock`));
        if (await this.remove(found)) break;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
  }

  private ask<T>(command: () => Promise<T>, signal = this.options.signal): Promise<T> {
    return persist(command, signal, this.options.onEvent);
  }

  private keyOf({ job, className }: Submitted): string {
    return this.connection.keys.job(className, bullJobId(job.id));
  }

  /** Also says that trees which are there are still wanted. */
  private async sendTrees(jobs: readonly Submitted[]): Promise<void> {
    const sources = new Map(jobs.map(({ job, blobs }) => [job.tree, blobs]));
    for (const [tree, blobs] of sources) await this.ask(() => copyTree(blobs, tree, this.far));
  }

  private async add(jobs: readonly Submitted[]): Promise<void> {
    const { redis, keys } = this.connection;
    for (const [className, members] of byClass(jobs)) {
      const requirements = canonicalRequirements(members[0]!.job.requires);
      await this.ask(() => redis.hset(keys.classes, className, requirements));
      await this.ask(() => redis.expire(keys.classes, KEPT_SECONDS));
      for (let start = 0; start < members.length; start += BULK) {
        const entries = members.slice(start, start + BULK).map(({ job }) => entryOf(job));
        await this.ask(() => this.connection.queue(className).addBulk(entries));
      }
    }
  }

  /** Outcomes that are there. */
  private async collect(pending: readonly Submitted[], signal: AbortSignal): Promise<JobOutcome[]> {
    const { redis, keys } = this.connection;
    const ready: Submitted[] = [];
    for (const [className, members] of byClass(pending)) {
      const done = await this.ask(() => redis.zrange(keys.job(className, 'completed'), '0', '-1'), signal);
      const ids = new Set(done.map(jobOfBullId));
      ready.push(...members.filter(({ job }) => ids.has(job.id)));
    }
    const texts = await Promise.all(
      ready.map((each) => this.ask(() => redis.hget(this.keyOf(each), 'returnvalue'), signal)),
    );
    return texts.flatMap((text) => (text === null ? [] : [jobOutcomeSchema.parse(JSON.parse(text))]));
  }

  /** A run folder that was fetched before a crash is there whole. */
  private async fetchRun(outcome: JobOutcome, runsFolder: string, signal: AbortSignal): Promise<Finished> {
    const { run } = outcome;
    if (run === undefined) return { outcome };
    const runFolder = join(runsFolder, basename(run.id));
    try {
      await this.ask(() => fetchTree(this.far, run.tree, this.options.near, runFolder), signal);
    } catch (error) {
      if (!(error instanceof InfraError)) throw error;
      if (error.code !== 'folder-exists') return { outcome: withoutRun(outcome, error) };
    }
    return { outcome, runFolder };
  }

  private async acknowledge(id: string): Promise<void> {
    const found = this.submitted.get(id);
    this.submitted.delete(id);
    if (found !== undefined) await this.remove(found);
  }

  /** False when somebody has its lock. */
  private async remove(found: Submitted): Promise<boolean> {
    const { redis, keys } = this.connection;
    const queue = this.connection.queue(found.className);
    const removed = await this.ask(() => queue.remove(bullJobId(found.job.id)));
    if (removed === 1) await this.ask(() => redis.del(keys.events(found.job.id)));
    return removed === 1;
  }

  /** Now and then: adds again what Redis has forgotten; outcomes of jobs that nobody can run. */
  private async lookAfter(pending: readonly Submitted[], signal: AbortSignal): Promise<JobOutcome[]> {
    const now = performance.now();
    if (now - this.lookedAfterAt < (this.options.lookAfterMs ?? LOOK_AFTER_MS)) return [];
    this.lookedAfterAt = now;
    const waiting = pending.filter(({ job }) => this.submitted.has(job.id));
    await this.addForgotten(waiting, signal);
    if (now - this.renewedAt > RENEW_TREES_MS) {
      this.renewedAt = now;
      await this.sendTrees(waiting);
    }
    return await this.giveUpUnserved(waiting, now);
  }

  private async addForgotten(waiting: readonly Submitted[], signal: AbortSignal): Promise<void> {
    const { redis } = this.connection;
    const there = await Promise.all(
      waiting.map((each) => this.ask(() => redis.exists(this.keyOf(each)), signal)),
    );
    const forgotten = waiting.filter((_, index) => there[index] === 0);
    if (forgotten.length === 0) return;
    await this.sendTrees(forgotten);
    await this.add(forgotten);
    this.options.onEvent({ type: 'resubmitted', jobs: forgotten.map(({ job }) => job.id) });
  }

  private async giveUpUnserved(waiting: readonly Submitted[], now: number): Promise<JobOutcome[]> {
    const workers = await this.workers();
    const { version, patience = PATIENCE } = this.options;
    const outcomes: JobOutcome[] = [];
    for (const [className, members] of byClass(waiting)) {
      const { requires } = members[0]!.job;
      const failure = whyUnserved(requires, version, workers);
      if (failure === undefined) {
        this.unserved.delete(className);
        continue;
      }
      const state = this.unserved.get(className) ?? { since: now, told: false };
      this.unserved.set(className, state);
      const forMs = now - state.since;
      if (forMs >= patience.warnAfterMs && !state.told) {
        state.told = true;
        const jobs = members.map(({ job }) => job.id);
        this.options.onEvent({ type: 'unserved', requires, jobs, message: failure.message });
      }
      // Waiting does not help against another version.
      const limitMs = failure.class === 'config-error' ? patience.warnAfterMs : patience.failAfterMs;
      if (forMs >= limitMs) outcomes.push(...(await this.giveUp(members, failure)));
    }
    return outcomes;
  }

  /** Jobs that are taken out first cannot be taken by a worker any more; one that somebody still runs is left. */
  private async giveUp(
    members: readonly Submitted[],
    failure: JobOutcome['failures'][number],
  ): Promise<JobOutcome[]> {
    const outcomes: JobOutcome[] = [];
    for (const each of members) {
      if (!(await this.remove(each))) continue;
      const about = { job: each.job.id, try: 1, machine: hostname(), startedAt: new Date() };
      outcomes.push(madeOutcome(about, failure));
    }
    return outcomes;
  }
}

/** Jobs that are expected to take long come first, and those of which nobody knows before them. */
function entryOf(job: Job): { name: string; data: Job; opts: object } {
  const seconds = job.expectedMs === undefined ? LOWEST_PRIORITY : Math.round(job.expectedMs / 1000);
  const priority = Math.max(1, LOWEST_PRIORITY - seconds);
  const removeOnComplete = { age: KEPT_SECONDS };
  return { name: 'job', data: job, opts: { jobId: bullJobId(job.id), priority, removeOnComplete } };
}

/** A verdict that cannot be looked into is none. */
function withoutRun(outcome: JobOutcome, error: InfraError): JobOutcome {
  const { run: _, ...rest } = outcome;
  const message = `the run folder did not arrive (it said ${outcome.verdict}): ${error.message}`;
  return { ...rest, verdict: 'infra-fail', failures: [{ class: 'infra-fail', code: error.code, message }] };
}

function byClass(jobs: readonly Submitted[]): Map<string, Submitted[]> {
  const groups = new Map<string, Submitted[]>();
  for (const each of jobs) {
    const group = groups.get(each.className) ?? [];
    groups.set(each.className, group);
    group.push(each);
  }
  return groups;
}
