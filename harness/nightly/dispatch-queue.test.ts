import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BlobStore } from '../farm/blobs/tree.js';
import type { Job, JobOutcome } from '../farm/jobs/job.js';
import type { JobQueue } from '../farm/queue/job-queue.js';
import { dispatchQueue } from './dispatch-queue.js';
import { Ledger } from './ledger.js';
import { boardOf, jobOf } from './testing/tiny-jobs.js';

const [first, second] = [boardOf(1), boardOf(2)];

describe('dispatching a night over a queue', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-dispatch-queue-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A queue whose workers have the boards; each job that is submitted comes back at once as `play` has it. */
  function fakeQueue(boards: readonly (typeof first)[], play: (job: Job) => Partial<JobOutcome>) {
    const submitted: Job[] = [];
    const queue = {
      submit: async (jobs: readonly Job[]) => {
        submitted.push(...jobs);
      },
      outcomes: async (ids: readonly string[], take: (finished: object) => Promise<void>) => {
        for (const job of submitted.filter(({ id }) => ids.includes(id))) {
          const now = new Date().toISOString();
          const begun = {
            job: job.id,
            try: 1,
            machine: 'far',
            startedAt: now,
            endedAt: now,
            failures: [],
            boards: [],
          };
          await take({ outcome: { ...begun, verdict: 'pass', ...play(job) } });
        }
      },
      watch: async () => {},
      workers: async () => [{ boards: boards.map(({ mac, labels }) => ({ mac, labels, state: 'free' })) }],
      cancel: async () => {},
    };
    return { submitted, queue: queue as unknown as JobQueue };
  }

  async function night(jobs: readonly Job[], queue: JobQueue): Promise<Ledger> {
    const ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    const fresh = jobs.filter(({ id }) => !ledger.state.has(id));
    await ledger.append(...fresh.map(({ id }) => ({ record: 'planned', job: id }) as const));
    await dispatchQueue({
      jobs,
      ledger,
      queue,
      blobs: {} as BlobStore,
      nightFolder: folder,
      runsFolder: join(folder, 'runs'),
      retries: 1,
      signal: new AbortController().signal,
      onEvent: () => {},
      onChange: () => {},
      onFinished: async () => {},
    });
    return ledger;
  }

  const failsOn = (mac: string) => (job: Job) =>
    job.requires.notOn?.includes(mac) === true
      ? { boards: [{ id: 'other', mac: second.mac }] }
      : { verdict: 'infra-fail' as const, boards: [{ id: 'bad', mac }] };

  it('tries an infra-fail again on another board where workers have one', async () => {
    const { queue, submitted } = fakeQueue([first, second], failsOn(first.mac));
    await using ledger = await night([jobOf('a')], queue);
    expect(submitted.map(({ requires }) => requires.notOn)).to.deep.equal([undefined, [first.mac]]);
    expect([...ledger.state.values()].map(({ judged }) => judged?.verdict)).to.deep.equal(['pass']);
  });

  it('tries it again anywhere when there is no other board', async () => {
    const { queue, submitted } = fakeQueue([first], failsOn(first.mac));
    await using ledger = await night([jobOf('a')], queue);
    expect(submitted.map(({ requires }) => requires.notOn)).to.deep.equal([undefined, undefined]);
    expect([...ledger.state.values()].map(({ judged }) => judged?.verdict)).to.deep.equal(['infra-fail']);
  });

  it('joins a try with the requirements that it was started with, whatever workers there are now', async () => {
    const job = jobOf('a');
    {
      await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
      const place = { place: 'queue', boards: [] };
      await ledger.append({ record: 'planned', job: job.id });
      await ledger.append({ record: 'started', job: job.id, try: 1, ...place, notOn: [first.mac] });
    }
    const { queue, submitted } = fakeQueue([first], () => ({}));
    await using _ledger = await night([job], queue);
    expect(submitted.map(({ requires }) => requires.notOn)).to.deep.equal([[first.mac]]);
  });
});
