import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { type RandomBits, randomBits } from '../../model/random-bits.js';
import type { Job } from '../jobs/job.js';
import type { Finished } from '../place.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { boardsOf, QueueBench } from './testing/queue-bench.js';
import type { WorkerProcess } from './testing/spawn-worker.js';

const { requiredTools, trials = 2 } = readEnvironment();
const JOBS = 10;
const WORKERS = 3;
/** Each is something that dies. */
const ACCIDENTS = 6;
const TRIAL_MS = 90_000;

/** One night under accidents: what the ledger got, in order. */
class Trial {
  readonly ledger: string[] = [];
  private readonly workers: WorkerProcess[] = [];
  private controller = new AbortController();
  private watching: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bench: QueueBench,
    private readonly jobs: readonly Job[],
    private readonly random: RandomBits,
  ) {}

  async run(): Promise<void> {
    for (let index = 0; index < WORKERS; index++) this.startWorker(index);
    this.startController();
    for (let accident = 0; accident < ACCIDENTS; accident++) {
      await delay(this.upTo(700));
      await this.accident();
    }
    while (this.ledger.length < this.jobs.length) await this.watching;
    await this.watching;
  }

  private upTo(limit: number): number {
    return this.random() % limit;
  }

  private startWorker(index: number): void {
    this.workers[index] = this.bench.workerProcess(`w${index}-${this.upTo(1e6)}`, boardsOf(2, 2 * index));
  }

  /** As `nightly --resume` does: asks for what is not in the ledger. */
  private startController(): void {
    const ending = new AbortController();
    this.controller = ending;
    this.watching = this.watch(ending.signal).catch((error: unknown) => {
      if (!ending.signal.aborted) throw error;
    });
  }

  private async watch(signal: AbortSignal): Promise<void> {
    await using queue = await this.bench.controller({ signal });
    const open = this.jobs.filter(({ id }) => !this.ledger.includes(id));
    await queue.submit(open, this.bench.blobs);
    const ids = open.map(({ id }) => id);
    const { runsFolder } = this.bench;
    await queue.outcomes(ids, (each) => this.takeIn(each, signal), { runsFolder, signal });
  }

  /** A controller that was killed writes nothing any more; one that is killed after it wrote does not acknowledge. */
  private async takeIn({ outcome: { job }, runFolder }: Finished, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (runFolder !== undefined)
      expect(await readFile(join(runFolder, 'plan.json'), 'utf8')).to.contain(`"${job}"`);
    signal.throwIfAborted();
    this.ledger.push(job);
    if (this.upTo(8) === 0) await this.killController();
    signal.throwIfAborted();
  }

  private async killController(): Promise<void> {
    this.controller.abort(new Error('killed'));
    this.startController();
  }

  private async accident(): Promise<void> {
    const index = this.upTo(WORKERS);
    switch (this.upTo(4)) {
      case 0:
        await this.workers[index]!.end('SIGKILL');
        await delay(this.upTo(500));
        return this.startWorker(index);
      case 1:
        this.workers[index]!.signal('SIGSTOP');
        await delay(this.upTo(4000));
        return this.workers[index]!.signal('SIGCONT');
      case 2:
        await this.bench.redis.kill();
        await delay(this.upTo(3000));
        return await this.bench.redis.start();
      default:
        return await this.killController();
    }
  }
}

describeWithRedis('the queue under accidents', requiredTools, function () {
  this.timeout(trials * TRIAL_MS);

  it(`has every job judged exactly once (${trials} seeded trials)`, async () => {
    for (let seed = 1; seed <= trials; seed++) {
      await using bench = await QueueBench.start();
      const random = randomBits(seed);
      const jobs = Array.from({ length: JOBS }, (_, index) =>
        bench.job(`job-${index}`, 100 + (random() % 900)),
      );
      const trial = new Trial(bench, jobs, random);
      await trial.run();
      expect([...trial.ledger].sort(), `seed ${seed}`).to.deep.equal(jobs.map(({ id }) => id));
    }
  });
});
