import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job as BullJob } from 'bullmq';
import type { RackBoard } from '../../rack/rack-file.js';
import type { FolderStore } from '../blobs/folder-store.js';
import { BoardPool } from './board-pool.js';
import type { QueueConnection } from './connection.js';
import { Heartbeat } from './heartbeat.js';
import { jobOfBullId } from './keys.js';
import { type Machine, openMachine } from './machine.js';
import { adviseOnRedis } from './redis-advice.js';
import { RedisBlobs } from './redis-blobs.js';
import { ServedClasses } from './served-classes.js';
import { turns } from './turn.js';
import { orAborted, persist } from './waiting.js';
import { Waker } from './waker.js';
import { type Taken, workOnJob } from './work-on-job.js';
import type { WorkerOptions } from './worker-options.js';
import type { WorkerFacts } from './workers.js';

const POLL_MS = 500;
/** What was asked of Redis when the worker was told to end may still bring a job. */
const LAST_ANSWER_MS = 2_000;

type Settled = WorkerOptions & Required<Pick<WorkerOptions, 'name' | 'version' | 'times'>>;

/** A worker over one connection: takes a job whenever boards are free for it, and sees it to its end. */
export class QueueWorker {
  private readonly id = randomUUID();
  private readonly startedAt = new Date().toISOString();
  private readonly pool: BoardPool;
  private readonly classes: ServedClasses;
  private readonly heartbeat: Heartbeat;
  /** Told when something ended here. */
  private readonly waker = new Waker();
  private readonly running = new Set<Promise<void>>();
  private readonly machine: Machine;
  private readonly giveBack: AbortSignal;
  /** A while after the signal aborted. */
  private readonly lastAnswer: Promise<undefined>;
  private served: string | undefined;
  private tokens = 0;

  constructor(
    private readonly connection: QueueConnection,
    private readonly near: FolderStore,
    boards: readonly RackBoard[],
    private readonly options: Settled,
  ) {
    this.machine = options.machine ?? openMachine(options);
    this.pool = new BoardPool(boards, this.machine);
    this.classes = new ServedClasses(connection, this.pool.facts);
    this.heartbeat = new Heartbeat(connection.redis, () => this.describe());
    this.giveBack = options.giveBack ?? new AbortController().signal;
    const { signal } = options;
    signal.addEventListener('abort', () => this.waker.tell(), { once: true });
    this.lastAnswer = new Promise((resolve) => {
      const late = (): unknown =>
        delay(LAST_ANSWER_MS, undefined, { ref: false }).then(() => resolve(undefined));
      if (signal.aborted) late();
      else signal.addEventListener('abort', late, { once: true });
    });
  }

  async run(): Promise<void> {
    const { signal, onEvent } = this.options;
    try {
      await this.advise();
      await this.takeUntilAborted();
      void this.heartbeat.beat();
      await Promise.all(this.running);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.heartbeat.depart(onEvent);
    }
  }

  private async advise(): Promise<void> {
    const { signal, onEvent } = this.options;
    const advice = await orAborted(adviseOnRedis(this.connection.redis), signal);
    for (const each of advice) onEvent({ type: 'warning', ...each });
    await this.look();
    await orAborted(this.heartbeat.beat(), signal);
    this.options.onReady?.(this.describe());
  }

  private async takeUntilAborted(): Promise<void> {
    const { signal, onEvent, pollMs = POLL_MS } = this.options;
    while (!signal.aborted) {
      try {
        if (await persist(() => this.takeOne(), signal, onEvent)) continue;
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      await this.waker.wait(pollMs);
    }
  }

  private async look(): Promise<void> {
    await this.pool.look();
    await this.classes.look();
  }

  /** Whether a job was taken. */
  private async takeOne(): Promise<boolean> {
    await this.look();
    const free = this.pool.free();
    if (free.length === 0) return false;
    for (const { name, boards } of turns(
      await this.classes.withJobs(),
      free,
      this.pool.ours(),
      this.served,
    )) {
      const token = `${this.id}:${this.tokens++}`;
      const bull = await this.nextJob(name, token);
      if (bull === undefined) continue;
      this.served = name;
      this.start({ bull, token, boards: this.pool.take(boards, jobOfBullId(bull.id!)) });
      return true;
    }
    return false;
  }

  /** A job that comes after the worker was told to end is put back. */
  private async nextJob(name: string, token: string): Promise<BullJob | undefined> {
    const asked = this.connection.taker(name).getNextJob(token, { block: false });
    const bull = (await Promise.race([asked, this.lastAnswer])) as BullJob | undefined;
    if (!this.options.signal.aborted || bull === undefined) return bull;
    await bull.moveToWait(token);
    return undefined;
  }

  private start(taken: Taken): void {
    const { redis, keys } = this.connection;
    const work = workOnJob(taken, {
      redis,
      keys,
      machine: this.options.name,
      jobs: this.machine.jobs,
      far: new RedisBlobs(redis, { onEvent: this.options.onEvent }),
      near: this.near,
      lockMs: this.options.times.lockMs,
      onEvent: this.options.onEvent,
      giveBack: this.giveBack,
    });
    const ended: Promise<void> = work.then((end) => {
      this.running.delete(ended);
      this.pool.letGo(taken.boards, end);
      this.waker.tell();
    });
    this.running.add(ended);
  }

  private describe(): WorkerFacts {
    const { name, version, signal } = this.options;
    return {
      id: this.id,
      name,
      machine: hostname(),
      pid: process.pid,
      version,
      startedAt: this.startedAt,
      boards: this.pool.describe(),
      classes: this.classes.names,
      ending: signal.aborted,
    };
  }
}
