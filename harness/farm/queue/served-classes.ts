import { type BoardFacts, fits, parseRequirements } from './classes.js';
import type { QueueConnection } from './connection.js';
import type { WaitingClass } from './turn.js';

/** The classes of jobs that a worker's boards can serve. */
export class ServedClasses {
  private classes: readonly WaitingClass[] = [];

  constructor(
    private readonly connection: QueueConnection,
    private readonly boards: readonly BoardFacts[],
  ) {}

  get names(): string[] {
    return this.classes.map(({ name }) => name);
  }

  /** Asks Redis again which classes there are. */
  async look(): Promise<void> {
    const { redis, keys } = this.connection;
    this.classes = Object.entries(await redis.hgetall(keys.classes))
      .map(([name, text]) => ({ name, requires: parseRequirements(text) }))
      .filter(({ requires }) => fits(requires, this.boards))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    // A class's taker looks for stalled jobs from the moment that it is there.
    for (const { name } of this.classes) this.connection.taker(name);
  }

  /** Asking every class for a job would be dear; how many wait costs one round trip for all. */
  async withJobs(): Promise<WaitingClass[]> {
    const { redis, keys } = this.connection;
    const counts = redis.pipeline();
    for (const { name } of this.classes) {
      counts.llen(keys.job(name, 'wait')).zcard(keys.job(name, 'prioritized'));
    }
    const replies = (await counts.exec()) ?? [];
    return this.classes.filter((_, index) =>
      [replies[2 * index], replies[2 * index + 1]].some((reply) => Number(reply?.[1]) > 0),
    );
  }
}
