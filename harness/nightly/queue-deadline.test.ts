import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { BlobStore } from '../farm/blobs/tree.js';
import type { Job } from '../farm/jobs/job.js';
import type { Finished } from '../farm/place.js';
import type { JobQueue } from '../farm/queue/job-queue.js';
import { dispatchQueue } from './dispatch-queue.js';
import { Ledger } from './ledger.js';
import { NightWorkshop, tinyScenarios } from './testing/night-folder.js';
import { jobOf } from './testing/tiny-jobs.js';

/** Jobs are begun before it, also on a busy machine. */
const DEADLINE_MS = 300;
/** As often as nobody asks for outcomes who waits for anything. */
const TOO_OFTEN = 1000;

/** What becomes of a job, told when it is: `waits` while it may be taken back. */
type Fate = (job: Job, finish: () => void) => 'waits' | 'runs';

/** As `openJobQueue`'s, in memory: outcomes come when the fate says so. */
class MemoryQueue {
  private readonly waiting = new Set<string>();
  private readonly pending = new Map<string, boolean>();
  private asked = 0;

  constructor(private readonly fate: Fate) {}

  async submit(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      this.pending.set(job.id, false);
      const begins = this.fate(job, () => this.pending.set(job.id, true));
      if (begins === 'waits') this.waiting.add(job.id);
    }
  }

  async outcomes(ids: readonly string[], take: (finished: Finished) => Promise<void>): Promise<void> {
    if (++this.asked > TOO_OFTEN) throw new Error('asked for outcomes for ever');
    while (ids.some((id) => this.pending.has(id))) {
      for (const id of ids) {
        if (this.pending.get(id) !== true) continue;
        await take({ outcome: passed(id) });
        this.pending.delete(id);
      }
      await sleep(5);
    }
  }

  async withdraw(ids: readonly string[]): Promise<string[]> {
    const left = ids.filter((id) => this.waiting.delete(id));
    for (const id of left) this.pending.delete(id);
    return left;
  }

  async cancel(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.pending.delete(id);
  }

  async watch(): Promise<void> {}

  async workers() {
    return [];
  }
}

describe('a night over a queue whose time is up', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-queue-deadline-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function night(jobs: readonly Job[], queue: MemoryQueue): Promise<string[]> {
    await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    await ledger.append(...jobs.map(({ id }) => ({ record: 'planned', job: id }) as const));
    await dispatchQueue({
      jobs,
      ledger,
      queue: queue as unknown as JobQueue,
      blobs: {} as BlobStore,
      nightFolder: folder,
      runsFolder: join(folder, 'runs'),
      retries: 1,
      untilMs: Date.now() + DEADLINE_MS,
      signal: new AbortController().signal,
      onEvent: () => {},
      onChange: () => {},
      onFinished: async () => {},
    });
    return [...ledger.state.values()].map(({ job, tries }) => `${job} ${tries.at(-1)?.state}`);
  }

  it('takes back what waits, and ends', async () => {
    const jobs = ['a', 'b', 'c'].map((id) => jobOf(id));
    const states = await night(jobs, new MemoryQueue(() => 'waits'));
    expect(states).to.deep.equal(jobs.map(({ id }) => `${id} refused`));
  });

  it('waits for what runs, and takes in what ended and was not told yet', async () => {
    const jobs = ['ended', 'runs', 'waits'].map((id) => jobOf(id));
    const [ended, runs, waits] = jobs.map(({ id }) => id);
    const queue = new MemoryQueue(({ id }, finish) => {
      if (id === ended) setTimeout(finish, DEADLINE_MS - 5);
      if (id === runs) setTimeout(finish, 2 * DEADLINE_MS);
      return id === waits ? 'waits' : 'runs';
    });
    expect(await night(jobs, queue)).to.deep.equal([`${ended} judged`, `${runs} judged`, `${waits} refused`]);
  });

  it('ends though Redis is away', async () => {
    await using shop = await NightWorkshop.make();
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(1));
    const ended = await shop.nightly(file, '--queue', 'redis://127.0.0.1:1', '--budget', '1s');
    expect(ended.code, ended.out + ended.err).to.equal(3);
    expect(ended.err).to.match(
      /^tokenrack: infra-fail: Redis at redis:\/\/127.0.0.1:1 did not answer, and the night's time is up$/m,
    );
  }).timeout(60_000);
});

function passed(job: string): Finished['outcome'] {
  const now = new Date().toISOString();
  const begun = { job, try: 1, machine: 'far', startedAt: now, endedAt: now };
  return { ...begun, verdict: 'pass', failures: [], boards: [] };
}
