import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Job as BullJob } from 'bullmq';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type FolderStore, openFolderStore } from '../blobs/folder-store.js';
import { makeTree } from '../blobs/make-tree.js';
import { ship } from '../blobs/ship.js';
import { jobSchema } from '../jobs/job.js';
import { queueKeys } from './keys.js';
import type { QueueEvent } from './queue-event.js';
import { fakeMachine } from './testing/fake-machine.js';
import { boardsOf } from './testing/queue-bench.js';
import { type WorkContext, type WorkEnd, workOnJob } from './work-on-job.js';

/** So that the lock is asked for every 5 ms. */
const LOCK_MS = 20;

describe('a worker that gives its outcome', () => {
  let folder = '';
  let blobs: FolderStore;
  let tree = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-work-'));
    await mkdir(join(folder, 'work'));
    await writeFile(join(folder, 'work', 'a.scenario.ts'), 'whatever it says');
    blobs = await openFolderStore(join(folder, 'blobs'));
    const made = await makeTree(join(folder, 'work'));
    await ship(made, blobs);
    tree = made.hash;
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Works on a job of no length, whose place in Redis is `bull`. */
  async function work(
    bull: Partial<BullJob>,
    more: Partial<WorkContext> = {},
  ): Promise<{ end: WorkEnd; events: string[] }> {
    const events: QueueEvent[] = [];
    const overrides = { ms: 0, bare: true };
    const data = { job: 1, id: 'a', tokenrack: '9.9.9', tree, file: 'a.scenario.ts', title: 'a', overrides };
    const job = jobSchema.parse({ ...data, requires: {} });
    const place = { id: 'job-a', queueName: 'class', data: job, attemptsStarted: 1, ...bull };
    const redis = { incr: async () => 1, expire: async () => 1, hget: async () => null, status: 'end' };
    const end = await workOnJob(
      { bull: place as unknown as BullJob, token: 'ours', boards: boardsOf(1) },
      {
        redis: redis as unknown as Redis,
        keys: queueKeys('9.9.9'),
        machine: 'lab',
        jobs: fakeMachine({ folder, diary: join(folder, 'diary.jsonl'), name: 'lab' }).jobs,
        far: blobs,
        near: blobs,
        lockMs: LOCK_MS,
        onEvent: (event) => events.push(event),
        giveBack: new AbortController().signal,
        ...more,
      },
    );
    return { end, events: events.map(({ type }) => type) };
  }

  /** A lock that is gone as soon as the outcome is on its way; `answer` comes when the worker knows of that. */
  function goneWhileCompleting(answer: () => void): Partial<BullJob> {
    let completing = false;
    let tell = (): void => {};
    const refused = new Promise<void>((done) => {
      tell = done;
    });
    return {
      extendLock: async () => {
        if (!completing) return 1;
        tell();
        return 0;
      },
      moveToCompleted: async () => {
        completing = true;
        await refused;
        await turn();
        answer();
      },
    };
  }

  it('has completed its job when Redis says so, though its lock went with that', async () => {
    const { end, events } = await work(goneWhileCompleting(() => {}));
    expect([end, ...events]).to.deep.equal(['completed', 'taken', 'completed']);
  });

  it('has lost its job when Redis refuses the outcome', async () => {
    const refusal = Object.assign(new Error('Missing lock for job'), { code: -2 });
    const bull = goneWhileCompleting(() => {
      throw refusal;
    });
    const { end, events } = await work(bull);
    expect([end, ...events]).to.deep.equal(['lock-lost', 'taken', 'lock-lost']);
  });

  it('does not wait for a Redis that is away when it is to end at once', async () => {
    const silent = () => new Promise<never>(() => {});
    const bull = { extendLock: silent, moveToWait: silent, moveToCompleted: silent };
    const startedMs = performance.now();
    const { end } = await work(bull, { lockMs: 60_000, giveBack: AbortSignal.abort() });
    expect(end).to.equal('lock-lost');
    expect(performance.now() - startedMs).to.be.below(15_000);
  });
});
