import type { BlobStore } from '../blobs/tree.js';
import { type Job, type JobOutcome, jobOutcomeSchema } from '../jobs/job.js';
import { canonicalRequirements } from './classes.js';
import type { QueueConnection } from './connection.js';
import { copyTree } from './job-trees.js';
import { bullJobId, jobOfBullId } from './keys.js';

/** BullMQ adds so many at once, all or none. */
const BULK = 200;
/** Outcomes that nobody fetched, and classes that nobody uses. */
const KEPT_SECONDS = 14 * 24 * 3600;
/** BullMQ's lowest; 1 is the highest. */
const LOWEST_PRIORITY = 2 ** 21 - 1;

/**
 * Takes a job out that waits, or that Redis does not have: in one step, for BullMQ's own removal takes a job out wherever it is, also one that was done
 * a moment before, with its outcome. KEYS: those who wait by priority, those who wait, the job. ARGV: the job's id.
 */
const WITHDRAW = `
local waited = redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('LREM', KEYS[2], 0, ARGV[1])
if waited == 0 then return 1 - redis.call('EXISTS', KEYS[3]) end
redis.call('DEL', KEYS[3], KEYS[3] .. ':lock', KEYS[3] .. ':logs')
return 1
`;

/** A job that is in the queue, and where its tree came from. */
export interface Submitted {
  readonly job: Job;
  readonly className: string;
  readonly blobs: BlobStore;
}

/** Does a command until Redis has done it. */
export type Ask = <T>(command: () => Promise<T>) => Promise<T>;

/** A controller's jobs as they are in Redis. */
export class JobTable {
  constructor(
    private readonly connection: QueueConnection,
    private readonly far: BlobStore,
    private readonly ask: Ask,
  ) {}

  /** Also says that trees which are there are still wanted. */
  async sendTrees(jobs: readonly Submitted[]): Promise<void> {
    const sources = new Map(jobs.map(({ job, blobs }) => [job.tree, blobs]));
    for (const [tree, blobs] of sources) await this.ask(() => copyTree(blobs, tree, this.far));
  }

  /**
   * A job that is there stays as it is. Its tree must be there. `isWanted` is asked again whenever Redis is: a job may have been withdrawn while Redis
   * was away.
   */
  async add(jobs: readonly Submitted[], isWanted: (job: Submitted) => boolean = () => true): Promise<void> {
    const { redis, keys } = this.connection;
    for (const [className, members] of byClass(jobs)) {
      const requirements = canonicalRequirements(members[0]!.job.requires);
      await this.ask(() => redis.hset(keys.classes, className, requirements));
      await this.ask(() => redis.expire(keys.classes, KEPT_SECONDS));
      for (let start = 0; start < members.length; start += BULK) {
        const some = members.slice(start, start + BULK);
        await this.ask(async () => {
          const entries = some.filter(isWanted).map(({ job }) => entryOf(job));
          if (entries.length > 0) await this.connection.queue(className).addBulk(entries);
        });
      }
    }
  }

  /** Of those that are done. */
  async outcomes(jobs: readonly Submitted[]): Promise<JobOutcome[]> {
    const { redis, keys } = this.connection;
    const done: Submitted[] = [];
    for (const [className, members] of byClass(jobs)) {
      const all = await this.ask(() => redis.zrange(keys.job(className, 'completed'), '0', '-1'));
      const ids = new Set(all.map(jobOfBullId));
      done.push(...members.filter(({ job }) => ids.has(job.id)));
    }
    const texts = await Promise.all(
      done.map((each) => this.ask(() => redis.hget(this.key(each), 'returnvalue'))),
    );
    return texts.flatMap((text) => (text === null ? [] : [jobOutcomeSchema.parse(JSON.parse(text))]));
  }

  /** Those that Redis knows nothing of. */
  async forgotten(jobs: readonly Submitted[]): Promise<Submitted[]> {
    const { redis } = this.connection;
    const there = await Promise.all(jobs.map((each) => this.ask(() => redis.exists(this.key(each)))));
    return jobs.filter((_, index) => there[index] === 0);
  }

  /** With all that Redis has of it; false when somebody has its lock. */
  async remove(submitted: Submitted): Promise<boolean> {
    const { redis, keys } = this.connection;
    const { job, className } = submitted;
    const removed = await this.ask(() => this.connection.queue(className).remove(bullJobId(job.id)));
    if (removed === 1) await this.ask(() => redis.del(keys.events(job.id)));
    return removed === 1;
  }

  /** As `remove`, of one that waits: false when a worker has it or had it to the end. */
  async withdraw(submitted: Submitted): Promise<boolean> {
    const { redis, keys } = this.connection;
    const { job, className } = submitted;
    const waiting = [keys.job(className, 'prioritized'), keys.job(className, 'wait')];
    const id = bullJobId(job.id);
    const removed = await this.ask(() => redis.eval(WITHDRAW, 3, ...waiting, this.key(submitted), id));
    if (removed === 1) await this.ask(() => redis.del(keys.events(job.id)));
    return removed === 1;
  }

  /** Whoever runs it finds out at the next renewal of the lock. */
  async breakLock(submitted: Submitted): Promise<void> {
    await this.ask(() => this.connection.redis.del(`${this.key(submitted)}:lock`));
  }

  private key({ job, className }: Submitted): string {
    return this.connection.keys.job(className, bullJobId(job.id));
  }
}

export function byClass(jobs: readonly Submitted[]): Map<string, Submitted[]> {
  const groups = new Map<string, Submitted[]>();
  for (const each of jobs) {
    const group = groups.get(each.className) ?? [];
    groups.set(each.className, group);
    group.push(each);
  }
  return groups;
}

/** Jobs that are expected to take long come first, and those of which nobody knows before them. */
function entryOf(job: Job): { name: string; data: Job; opts: object } {
  const seconds = job.expectedMs === undefined ? LOWEST_PRIORITY : Math.round(job.expectedMs / 1000);
  const priority = Math.max(1, LOWEST_PRIORITY - seconds);
  const removeOnComplete = { age: KEPT_SECONDS };
  return { name: 'job', data: job, opts: { jobId: bullJobId(job.id), priority, removeOnComplete } };
}
