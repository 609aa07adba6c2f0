import { Redis } from 'ioredis';
import { RedisServer } from '../../../farm/testing/redis.js';
import type { Accident } from './accidents.js';
import { lastLines } from './diary.js';
import { type TrialMachine, WorkerOn } from './machines.js';
import { after, killAll, type Strike, type World } from './world.js';

/** Three machines with a worker each, and a Redis. */
export class QueueWorld implements World {
  readonly words: readonly string[];

  private constructor(
    readonly machines: readonly TrialMachine[],
    private readonly redis: RedisServer,
    private readonly workers: readonly WorkerOn[],
  ) {
    this.words = ['--queue', redis.url];
  }

  static async begin(machines: readonly TrialMachine[], times: string): Promise<QueueWorld> {
    const redis = await RedisServer.start('--maxmemory-policy', 'noeviction');
    const workers = machines.map((machine) => new WorkerOn(machine, redis.url, times));
    await Promise.all(workers.map((worker) => worker.start()));
    await Promise.all(workers.map((worker) => worker.ready()));
    return new QueueWorld(machines, redis, workers);
  }

  async strike(accident: Accident): Promise<Strike> {
    const { kind, how, backMs } = accident;
    const machine = this.machines[accident.machine]!;
    const worker = this.workers[accident.machine]!;
    if (kind === 'redis') return await this.strikeRedis(accident);
    if (kind === 'connection') return await this.strikeConnections(accident);
    if (how === 'frozen') {
      const hits = machine.signal('SIGSTOP');
      return { hits, mended: after(backMs, () => machine.signal('SIGCONT')) };
    }
    const whole = kind === 'host' || !accident.alone;
    const hits = whole ? await killAll(machine) : worker.kill();
    return { hits, mended: after(backMs, () => worker.start()) };
  }

  async end(): Promise<string[]> {
    await this.redis.start();
    const codes = await Promise.all(this.workers.map((worker) => worker.end()));
    return codes.flatMap((code, index) =>
      code === 0 || code === null ? [] : [`${this.machines[index]!.name}'s worker ended with ${code}`],
    );
  }

  log(): string {
    return [...this.workers.map(({ log }) => log), lastLines('Redis', this.redis.text, 30)].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis[Symbol.asyncDispose]();
  }

  private async strikeRedis({ how, backMs }: Accident): Promise<Strike> {
    if (how === 'frozen') {
      await this.redis.stop();
      return { hits: 1, mended: after(backMs, () => this.redis.cont()) };
    }
    await this.redis.kill();
    return { hits: 1, mended: after(backMs, () => this.redis.start()) };
  }

  /** Everybody's: the server cuts them, or answers nobody for a while. */
  private async strikeConnections({ how, backMs = 0 }: Accident): Promise<Strike> {
    const redis = new Redis(this.redis.url, { retryStrategy: () => null, connectTimeout: 1000 });
    redis.on('error', () => {});
    try {
      if (how === 'frozen') await redis.client('PAUSE', backMs, 'ALL');
      const hits =
        how === 'frozen' ? 1 : Number(await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      return { hits, mended: after(how === 'frozen' ? backMs : 0, () => {}) };
    } catch {
      // There is no Redis at the moment, and so no connection.
      return { hits: 0, mended: Promise.resolve() };
    } finally {
      redis.disconnect();
    }
  }
}
