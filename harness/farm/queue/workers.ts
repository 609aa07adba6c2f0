import type { Redis } from 'ioredis';
import { z } from 'zod';
import { WORKERS_KEY, workerKey } from './keys.js';

/** A worker is told as gone when it has said nothing for so long. */
export const WORKER_TTL_MS = 20_000;

const workerSchema = z.object({
  id: z.string(),
  /** What people call it. */
  name: z.string(),
  machine: z.string(),
  pid: z.int(),
  version: z.string(),
  startedAt: z.string(),
  boards: z.array(
    z.object({
      id: z.string(),
      mac: z.string(),
      labels: z.array(z.string()),
      state: z.enum(['free', 'held', 'quarantined', 'unreachable']),
      /** Why it is not free. */
      why: z.string().optional(),
      /** The job that the worker itself runs on it. */
      job: z.string().optional(),
    }),
  ),
  /** Classes of its own version that its boards can serve. */
  classes: z.array(z.string()),
  /** It takes no more jobs. */
  ending: z.boolean().default(false),
});

/** How a worker describes itself to whoever asks. */
export type WorkerFacts = z.output<typeof workerSchema>;

/** Says, until `WORKER_TTL_MS` from now, that the worker is there. */
export async function announce(redis: Redis, facts: WorkerFacts): Promise<void> {
  await redis
    .multi()
    .sadd(WORKERS_KEY, facts.id)
    .set(workerKey(facts.id), JSON.stringify(facts), 'PX', WORKER_TTL_MS)
    .exec();
}

export async function depart(redis: Redis, id: string): Promise<void> {
  await redis.multi().srem(WORKERS_KEY, id).del(workerKey(id)).exec();
}

/** Live workers of every version, by name; those that are gone are forgotten. */
export async function listWorkers(redis: Redis): Promise<WorkerFacts[]> {
  const ids = await redis.smembers(WORKERS_KEY);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map(workerKey));
  const gone = ids.filter((_, index) => texts[index] === null);
  if (gone.length > 0) await redis.srem(WORKERS_KEY, ...gone);
  const workers = texts.flatMap((text) => parse(text));
  return workers.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Nothing for what another version writes otherwise. */
function parse(text: string | null | undefined): WorkerFacts[] {
  if (text === null || text === undefined) return [];
  const checked = workerSchema.safeParse(JSON.parse(text));
  return checked.success ? [checked.data] : [];
}
