import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { boardSchema, type RackBoard } from '../../../rack/rack-schema.js';
import { type FolderStore, openFolderStore } from '../../blobs/folder-store.js';
import { makeTree } from '../../blobs/make-tree.js';
import { ship } from '../../blobs/ship.js';
import { type Job, jobSchema, type Requirements, requirementsSchema } from '../../jobs/job.js';
import type { Finished } from '../../place.js';
import { RedisServer } from '../../testing/redis.js';
import type { LockTimes } from '../connection.js';
import { type JobQueue, type JobQueueOptions, openJobQueue } from '../job-queue.js';
import type { QueueEvent } from '../queue-event.js';
import { runWorker } from '../worker.js';
import type { WorkerOptions } from '../worker-options.js';
import { type DiaryLine, type FakeMachineOptions, fakeMachine } from './fake-machine.js';
import { WorkerProcess, type WorkerProcessOptions } from './spawn-worker.js';

/** So short that a test sees a worker's death; long enough for a busy machine of two cores. */
export const SHORT_TIMES: LockTimes = { lockMs: 2000, stalledIntervalMs: 500 };
const VERSION = '9.9.9';
const LONGEST_WAIT_MS = 60_000;

export interface StartedWorker extends AsyncDisposable {
  readonly events: QueueEvent[];
  end(): Promise<void>;
  giveBack(): void;
}

/** A Redis, a controller's folders and as many workers as are asked for. Disposing of it ends them all. */
export class QueueBench implements AsyncDisposable {
  readonly events: QueueEvent[] = [];
  readonly ended = new AbortController();
  private readonly things: AsyncDisposable[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly folder: string,
    readonly blobs: FolderStore,
    private readonly tree: string,
  ) {}

  static async start(...settings: string[]): Promise<QueueBench> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-queue-'));
    const work = join(folder, 'work');
    await mkdir(work);
    await writeFile(join(work, 'a.scenario.ts'), 'whatever it says');
    const blobs = await openFolderStore(join(folder, 'controller', 'blobs'));
    const made = await makeTree(work);
    await ship(made, blobs);
    return new QueueBench(await RedisServer.start(...settings), folder, blobs, made.hash);
  }

  get runsFolder(): string {
    return join(this.folder, 'runs');
  }

  job(id: string, ms = 0, requires: Partial<Requirements> = {}, more: Partial<Job> = {}): Job {
    return jobSchema.parse({
      job: 1,
      id,
      tokenrack: VERSION,
      tree: this.tree,
      file: 'a.scenario.ts',
      title: id,
      overrides: { ms },
      requires: requirementsSchema.parse(requires),
      ...more,
    });
  }

  /** One that leaves no run folder: many of them are quick. */
  bareJob(id: string, ms = 0): Job {
    return this.job(id, ms, {}, { overrides: { ms, bare: true } });
  }

  async controller(more: Partial<JobQueueOptions> = {}): Promise<JobQueue> {
    const queue = await openJobQueue(this.redis.url, {
      version: VERSION,
      signal: this.ended.signal,
      onEvent: (event) => this.events.push(event),
      near: this.blobs,
      pollMs: 50,
      lookAfterMs: 200,
      ...more,
    });
    this.things.push(queue);
    return queue;
  }

  /** All outcomes of the jobs, in the order of their coming. */
  async outcomesOf(queue: JobQueue, jobs: readonly Job[]): Promise<Finished[]> {
    const found: Finished[] = [];
    const ids = jobs.map(({ id }) => id);
    const { runsFolder } = this;
    await queue.outcomes(ids, async (each) => void found.push(each), {
      runsFolder,
      signal: this.ended.signal,
    });
    return found;
  }

  worker(
    name: string,
    boards: readonly RackBoard[],
    more: Partial<WorkerOptions> & Partial<FakeMachineOptions> = {},
  ): StartedWorker {
    const ending = new AbortController();
    const giveBack = new AbortController();
    const events: QueueEvent[] = [];
    const running = runWorker({
      ...this.folders(name),
      url: this.redis.url,
      boards,
      name,
      version: VERSION,
      times: SHORT_TIMES,
      pollMs: 50,
      signal: ending.signal,
      giveBack: giveBack.signal,
      onEvent: (event) => events.push(event),
      machine: fakeMachine({ ...this.folders(name), name, ...more }),
      ...more,
    });
    const end = async (): Promise<void> => {
      ending.abort();
      await running;
    };
    const kill = async (): Promise<void> => {
      giveBack.abort();
      await end();
    };
    const started = { events, end, giveBack: () => giveBack.abort(), [Symbol.asyncDispose]: kill };
    this.things.push(started);
    return started;
  }

  workerProcess(
    name: string,
    boards: readonly RackBoard[],
    more: Partial<WorkerProcessOptions> = {},
  ): WorkerProcess {
    const { url } = this.redis;
    const settings = { ...this.folders(name), url, boards, name, version: VERSION, times: SHORT_TIMES };
    const started = new WorkerProcess({ ...settings, ...more });
    this.things.push(started);
    return started;
  }

  /** A process that the test started itself. */
  killAtEnd(child: ChildProcess): void {
    this.things.push({
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
      },
    });
  }

  diary(): DiaryLine[] {
    const path = join(this.folder, 'diary.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DiaryLine);
  }

  /** Jobs in the order in which they were started, one entry for each start. */
  starts(): string[] {
    return this.diary().flatMap(({ what, job }) => (what === 'start' ? [job] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended.abort(new Error('the test is over'));
    await Promise.allSettled(this.things.map((each) => each[Symbol.asyncDispose]()));
    await this.redis[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  private folders(name: string) {
    const folder = join(this.folder, name);
    return { folder, stateFolder: folder, machineFolder: folder, diary: join(this.folder, 'diary.jsonl') };
  }
}

/** Virtual boards, numbered from `first`. */
export function boardsOf(count: number, first = 1, labels: readonly string[] = []): RackBoard[] {
  return Array.from({ length: count }, (_, index) => {
    const number = (first + index).toString(16).padStart(2, '0');
    return boardSchema.parse({
      id: `cam-${number}`,
      mac: `24:6f:28:00:00:${number}`,
      link: 'virtual',
      labels,
    });
  });
}

/** Until it holds. @throws Error saying what was waited for */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${LONGEST_WAIT_MS} ms for ${what}`);
    await delay(20);
  }
}
