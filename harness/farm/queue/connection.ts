import {
  createRedisBackend,
  Queue,
  type QueueOptions,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import { ConfigError } from '../../errors.js';
import { type QueueKeys, queueKeys } from './keys.js';
import type { QueueListener } from './queue-event.js';
import { checkedUrl, redactUrl } from './queue-url.js';

/** When a job counts as forsaken. */
export interface LockTimes {
  /** How long a worker that says nothing keeps its job. */
  readonly lockMs: number;
  /** How often workers look for jobs whose lock is gone. */
  readonly stalledIntervalMs: number;
}

export const LOCK_TIMES: LockTimes = { lockMs: 30_000, stalledIntervalMs: 15_000 };

/** A job whose workers died more often is at fault itself, as far as anybody can tell. */
const MAX_STALLED = 3;

/** One connection to Redis and everything BullMQ does over it: any number of queues share it, for nothing blocks. */
export interface QueueConnection extends AsyncDisposable {
  readonly redis: Redis;
  readonly keys: QueueKeys;
  /** The class's queue; the same object every time. */
  queue(className: string): Queue;
  /** Takes jobs of the class by hand, and looks for stalled ones from now on; the same object every time. */
  taker(className: string): Worker;
}

/** Refusals that no waiting mends. */
const REFUSED = /NOAUTH|WRONGPASS|NOPERM|invalid password|Client sent AUTH/;

export interface ConnectionOptions {
  readonly version: string;
  readonly onEvent: QueueListener;
  /** Kept by BullMQ beside a job that a taker takes. */
  readonly workerName?: string;
  readonly times?: LockTimes;
  readonly signal: AbortSignal;
}

/**
 * Waits for a Redis that is away, now and later: commands given meanwhile are done when it is back.
 * @throws ConfigError `queue-url`, `queue-refused`, `queue-host-unknown`; the signal's reason when it aborts before Redis answered
 */
export async function openConnection(url: string, options: ConnectionOptions): Promise<QueueConnection> {
  const redis = new Redis(checkedUrl(url), {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 5), 2000),
  });
  reportAway(redis, redactUrl(url), options.onEvent);
  await untilReady(redis, redactUrl(url), options.signal);
  return overRedis(redis, options);
}

function overRedis(
  redis: Redis,
  { version, workerName, times = LOCK_TIMES }: ConnectionOptions,
): QueueConnection {
  const keys = queueKeys(version);
  const shared: QueueOptions = { connection: redis, prefix: keys.prefix, skipVersionCheck: true };
  const taking: WorkerOptions = {
    ...shared,
    lockDuration: times.lockMs,
    stalledInterval: times.stalledIntervalMs,
    maxStalledCount: MAX_STALLED,
    ...(workerName === undefined ? {} : { name: workerName }),
  };
  const backend = createRedisBackend('shared', taking);
  backend.on('error', () => {});
  const sibling = (name: string) => (): RedisQueueBackend => backend.forQueue(name) as RedisQueueBackend;
  const queues = new Map<string, Queue>();
  const takers = new Map<string, Worker>();
  return {
    redis,
    keys,
    queue: (name) => once(queues, name, () => new Queue(name, shared, sibling(name))),
    taker: (name) => once(takers, name, () => newTaker(name, taking, sibling(name))),
    async [Symbol.asyncDispose]() {
      // What still waits for a Redis that is away is given up: its promises reject.
      redis.disconnect();
      const all = [...queues.values(), ...takers.values()];
      await Promise.allSettled([...all.map((each) => each.close()), backend.close(true)]);
    },
  };
}

function newTaker(name: string, options: WorkerOptions, backend: () => RedisQueueBackend): Worker {
  const taker = new Worker(name, null, options, backend);
  // What goes wrong reaches whoever gave the command; a stalled check is made again.
  taker.on('error', () => {});
  void taker.startStalledCheckTimer();
  return taker;
}

function once<T>(made: Map<string, T>, name: string, make: () => T): T {
  const existing = made.get(name);
  if (existing !== undefined) return existing;
  const value = make();
  made.set(name, value);
  return value;
}

/** Once for every time that it goes. */
function reportAway(redis: Redis, name: string, onEvent: QueueListener): void {
  let away = false;
  let lastError = 'the connection was closed';
  redis.on('error', (error: Error) => {
    lastError = error.message === '' ? String((error as NodeJS.ErrnoException).code) : error.message;
  });
  redis.on('reconnecting', () => {
    if (!away)
      onEvent({ type: 'redis-away', message: `Redis at ${name} is away (${lastError}); waiting for it` });
    away = true;
  });
  redis.on('ready', () => {
    if (away) onEvent({ type: 'redis-back' });
    away = false;
  });
}

/** Undefined for what may pass, such as a name server that is away. */
function refusalOf(error: NodeJS.ErrnoException, name: string): ConfigError | undefined {
  if (REFUSED.test(error.message))
    return new ConfigError('queue-refused', `Redis at ${name} refuses us: ${error.message}`, {
      cause: error,
    });
  if (error.code !== 'ENOTFOUND') return undefined;
  const message = `no machine has the name in ${name}: correct it, or make the name known`;
  return new ConfigError('queue-host-unknown', message, { cause: error });
}

function untilReady(redis: Redis, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const refusal = refusalOf(error, name);
      if (refusal === undefined) return;
      redis.disconnect();
      reject(refusal);
    };
    const abort = (): void => {
      redis.disconnect();
      reject(signal.reason);
    };
    redis.on('error', refuse);
    redis.once('ready', () => {
      redis.off('error', refuse);
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) return abort();
    // A first attempt that fails is made again by the retry strategy, and told by the events above.
    redis.connect().catch(() => {});
  });
}
