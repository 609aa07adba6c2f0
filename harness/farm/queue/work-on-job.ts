import type { Job as BullJob } from 'bullmq';
import type { Redis } from 'ioredis';
import type { RackBoard } from '../../rack/rack-schema.js';
import type { FolderStore } from '../blobs/folder-store.js';
import type { BlobStore } from '../blobs/tree.js';
import { type Job, type JobOutcome, jobOutcomeSchema, jobSchema } from '../jobs/job.js';
import type { JobRef } from '../jobs/job-folder.js';
import { failedOutcome, failureOf, type OutcomeFailure } from '../jobs/job-outcome.js';
import { pullTree, shipRun } from './job-trees.js';
import { isNotOurs, keepLock } from './keep-lock.js';
import { jobOfBullId, type QueueKeys } from './keys.js';
import { LiveEvents } from './live-events.js';
import type { JobRunner } from './machine.js';
import type { QueueListener } from './queue-event.js';
import { orAborted, persist } from './waiting.js';

/** As long as job folders are kept: a machine must not see the same number of a job twice. */
const TRIES_KEPT_SECONDS = 14 * 24 * 3600;
/** An interrupted job resets its boards and closes its run folder; then it is left to itself. */
const STOP_MS = 30_000;
/** How long a worker that is to end at once waits for Redis to take a job back; the lock runs out in any case. */
const LAST_WAIT_MS = 2_000;

/** A job whose lock is ours, with boards for it. */
export interface Taken {
  readonly bull: BullJob;
  readonly token: string;
  readonly boards: readonly RackBoard[];
}

export interface WorkContext {
  readonly redis: Redis;
  readonly keys: QueueKeys;
  readonly machine: string;
  readonly jobs: JobRunner;
  readonly far: BlobStore;
  readonly near: FolderStore;
  readonly lockMs: number;
  readonly onEvent: QueueListener;
  /** Aborts when jobs are to be given back at once. */
  readonly giveBack: AbortSignal;
}

/** What became of a job that was taken; `busy`: it went back, because one of its boards was somebody else's. */
export type WorkEnd = 'completed' | 'given-back' | 'busy' | 'lock-lost';

/** Runs a job and gives its outcome, or gives the job back. Never throws: what goes wrong is an outcome or an event. */
export async function workOnJob(taken: Taken, context: WorkContext): Promise<WorkEnd> {
  using lock = keepLock(taken.bull, taken.token, context.lockMs);
  const signal = AbortSignal.any([lock.signal, context.giveBack]);
  try {
    const outcome = await outcomeOf(taken, context, signal);
    signal.throwIfAborted();
    if (isBusy(outcome.failures)) return await giveBack(taken, context, outcome.failures[0]!.message, 'busy');
    return await complete(taken, context, outcome);
  } catch (error) {
    if (!lock.signal.aborted && context.giveBack.aborted)
      return await giveBack(taken, context, 'the worker ends', 'given-back');
    if (!lock.signal.aborted && !isNotOurs(error))
      return await giveBack(taken, context, String(error), 'given-back');
    context.onEvent({ type: 'lock-lost', job: jobOfBullId(taken.bull.id!) });
    return 'lock-lost';
  }
}

/** @throws what the signal aborts with, when it does; everything else that goes wrong is an outcome */
async function outcomeOf(taken: Taken, context: WorkContext, signal: AbortSignal): Promise<JobOutcome> {
  const { bull, boards } = taken;
  const id = jobOfBullId(bull.id!);
  const about = {
    job: id,
    try: bull.attemptsStarted,
    machine: context.machine,
    startedAt: new Date().toISOString(),
    boards,
  };
  if (bull.deferredFailure !== undefined) return failedOutcome(workersDied(bull), about);
  let tryNumber = about.try;
  try {
    const job = jobSchema.parse(bull.data);
    await persist(() => pullTree(context.far, job.tree, context.near), signal, context.onEvent);
    const ref = await startAnew(job, boards, context, signal);
    tryNumber = ref.try;
    context.onEvent({
      type: 'taken',
      ...ref,
      job: id,
      title: job.title,
      boards: boards.map((each) => each.id),
    });
    const outcome = await follow(ref, context, signal);
    const folder = await context.jobs.runFolderOf(ref);
    if (folder === undefined) return outcome;
    const run = await persist(() => shipRun(folder, context.far), signal, context.onEvent);
    return { ...outcome, run };
  } catch (error) {
    signal.throwIfAborted();
    return failedOutcome(failureOf(error), { ...about, try: tryNumber });
  }
}

/** Under a number that nobody had: every taking of a job is a new try, wherever the one before it was. */
async function startAnew(
  job: Job,
  boards: readonly RackBoard[],
  { redis, keys, jobs, onEvent }: WorkContext,
  signal: AbortSignal,
): Promise<JobRef> {
  const key = keys.tries(job.id);
  for (;;) {
    const number = await persist(() => redis.incr(key), signal, onEvent);
    await persist(() => redis.expire(key, TRIES_KEPT_SECONDS), signal, onEvent);
    // From here on there is a process: the signal stops it, and does not leave it behind.
    const started = await jobs.start(job, { try: number, boards: [...boards] }, { tied: true });
    // A number that this machine knows was given out by a Redis that has forgotten it.
    if (started === 'started') return { id: job.id, try: number };
  }
}

/** Stops the job when the signal aborts, and waits until it has let go of its boards. */
async function follow(ref: JobRef, context: WorkContext, signal: AbortSignal): Promise<JobOutcome> {
  await using live = new LiveEvents(context.redis, context.keys.events(ref.id));
  const impatient = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    timer = setTimeout(() => impatient.abort(signal.reason), STOP_MS);
    context.jobs.stop(ref).catch(() => {});
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await context.jobs.follow(ref, 0, (line) => live.add(line), impatient.signal);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  }
}

/** Under the lock's token: Redis refuses what comes too late. That the lock is gone says nothing here: it goes with the job's completion, too. */
async function complete({ bull, token }: Taken, context: WorkContext, outcome: JobOutcome): Promise<WorkEnd> {
  try {
    await persist(() => bull.moveToCompleted(outcome, token, false), context.giveBack, context.onEvent);
  } catch (error) {
    // Sent again after a connection that broke, it finds its own first success.
    if (!isNotOurs(error) || !(await isCompletedWith(bull, context, outcome))) throw error;
  }
  context.onEvent({ type: 'completed', job: outcome.job, try: outcome.try, verdict: outcome.verdict });
  return 'completed';
}

async function isCompletedWith(
  { queueName, id }: BullJob,
  { redis, keys }: WorkContext,
  { try: number, machine }: JobOutcome,
): Promise<boolean> {
  const text = await redis.hget(keys.job(queueName, id!), 'returnvalue');
  const kept = text === null ? undefined : jobOutcomeSchema.safeParse(JSON.parse(text)).data;
  return kept?.try === number && kept.machine === machine;
}

async function giveBack(
  { bull, token }: Taken,
  context: WorkContext,
  why: string,
  end: WorkEnd,
): Promise<WorkEnd> {
  const job = jobOfBullId(bull.id!);
  try {
    await orAborted(bull.moveToWait(token), patienceOf(context));
    context.onEvent({ type: 'given-back', job, why });
    return end;
  } catch {
    // The lock was not ours, or runs out: somebody else takes the job up in any case.
    context.onEvent({ type: 'lock-lost', job });
    return 'lock-lost';
  }
}

/** As long as the lock holds, but only shortly once the worker is to end. */
function patienceOf({ lockMs, giveBack: ending }: WorkContext): AbortSignal {
  const late = new AbortController();
  const begin = (): void => {
    setTimeout(() => late.abort(ending.reason), LAST_WAIT_MS).unref();
  };
  if (ending.aborted) begin();
  else ending.addEventListener('abort', begin, { once: true });
  return AbortSignal.any([late.signal, AbortSignal.timeout(lockMs)]);
}

function isBusy(failures: JobOutcome['failures']): boolean {
  return failures.some(({ code }) => code === 'lease-busy');
}

function workersDied({ stalledCounter }: BullJob): OutcomeFailure {
  const message = `${stalledCounter} workers in turn went away while they ran this job; it is not tried again`;
  return { class: 'infra-fail', code: 'worker-died', message };
}
