import type { Redis } from 'ioredis';
import { type JobLine, parseJobLine } from '../jobs/job-line.js';
import type { QueueKeys } from './keys.js';

const KEPT_LINES = 1000;
const KEPT_SECONDS = 24 * 3600;
const FLUSH_MS = 200;

/**
 * Puts a job's lines into its stream in Redis, for a live view: the last thousand or so. The view may miss lines: those that
 * come while Redis is away and are too many are dropped; the run folder has everything.
 */
export class LiveEvents implements AsyncDisposable {
  private waiting: string[] = [];
  private sending: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly redis: Redis,
    private readonly key: string,
  ) {
    this.timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  add(line: JobLine): void {
    this.waiting.push(JSON.stringify(line));
    if (this.waiting.length > KEPT_LINES) this.waiting.shift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    if (this.redis.status !== 'ready') return;
    await this.sending;
    this.flush();
    await this.sending;
  }

  private flush(): void {
    if (this.sending !== undefined || this.waiting.length === 0) return;
    const lines = this.waiting;
    this.waiting = [];
    const commands = this.redis.pipeline();
    for (const line of lines) commands.xadd(this.key, 'MAXLEN', '~', KEPT_LINES, '*', 'line', line);
    commands.expire(this.key, KEPT_SECONDS);
    this.sending = commands
      .exec()
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        this.sending = undefined;
      });
  }
}

export type OnLiveLine = (job: string, line: JobLine) => void;

/** Hands over lines of jobs as they come, until the signal aborts; those that are in the streams already come first. */
export async function watchEvents(
  redis: Redis,
  keys: QueueKeys,
  jobs: () => Iterable<string>,
  onLine: OnLiveLine,
  pause: () => Promise<boolean>,
): Promise<void> {
  const last = new Map<string, string>();
  do {
    const ids = [...jobs()];
    const reads = redis.pipeline();
    for (const id of ids) reads.xrange(keys.events(id), `(${last.get(id) ?? '0'}`, '+');
    const replies = (await reads.exec()) ?? [];
    replies.forEach(([, entries], index) => {
      for (const [entry, fields] of (entries ?? []) as [string, string[]][]) {
        last.set(ids[index]!, entry);
        const line = parseJobLine(fields[1] ?? '');
        if (line !== undefined) onLine(ids[index]!, line);
      }
    });
  } while (await pause());
}
