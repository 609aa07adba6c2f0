import type { Redis } from 'ioredis';
import type { QueueListener } from './queue-event.js';
import { orAborted } from './waiting.js';
import { announce, depart, type WorkerFacts } from './workers.js';

const HEARTBEAT_MS = 5_000;
const DEPART_MS = 2_000;

/** Says what a worker has and does, every few seconds until it departs. */
export class Heartbeat {
  private readonly timer = setInterval(() => void this.beat(), HEARTBEAT_MS);
  private beating = false;

  constructor(
    private readonly redis: Redis,
    private readonly describe: () => WorkerFacts,
  ) {}

  /** A Redis that is away is told at the next beat; while one is under way there is no other. */
  async beat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    await announce(this.redis, this.describe())
      .catch(() => {})
      .finally(() => {
        this.beating = false;
      });
  }

  async depart(onEvent: QueueListener): Promise<void> {
    clearInterval(this.timer);
    const leaving = orAborted(depart(this.redis, this.describe().id), AbortSignal.timeout(DEPART_MS));
    await leaving.catch(() => onEvent({ type: 'warning', code: 'not-departed', message: 'Redis is away' }));
  }
}
