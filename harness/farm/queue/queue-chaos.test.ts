import { expect } from 'chai';
import { Redis } from 'ioredis';
import { readEnvironment } from '../../config/environment.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { classOf } from './classes.js';
import { bullJobId, queueKeys } from './keys.js';
import { boardsOf, QueueBench, SHORT_TIMES, until } from './testing/queue-bench.js';

const { requiredTools } = readEnvironment();

describeWithRedis('the queue, when something dies', requiredTools, () => {
  it('has a job done by another worker when the first is killed in mid-job', async () => {
    await using bench = await QueueBench.start();
    const victim = bench.workerProcess('victim', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('survives', 1500)];
    await queue.submit(jobs, bench.blobs);
    await until('the job to begin', () => bench.starts().length === 1);
    await victim.end('SIGKILL');
    bench.worker('heir', boardsOf(1, 2));
    const finished = await bench.outcomesOf(queue, jobs);
    expect(finished).to.have.length(1);
    expect(finished[0]?.outcome).to.include({ machine: 'heir', try: 2, verdict: 'pass' });
  });

  it('refuses the late result of a worker that was hung for longer than its lock', async () => {
    await using bench = await QueueBench.start();
    const hung = bench.workerProcess('hung', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('late', 1000)];
    await queue.submit(jobs, bench.blobs);
    await until('the job to begin', () => bench.starts().length === 1);
    hung.signal('SIGSTOP');
    bench.worker('heir', boardsOf(1, 2), { durationMs: () => SHORT_TIMES.lockMs });
    await until('the job to begin again', () => bench.starts().length === 2);
    hung.signal('SIGCONT');
    const finished = await bench.outcomesOf(queue, jobs);
    await until('the late one to give up', () => hung.events.some(({ type }) => type === 'lock-lost'));
    expect(finished.map(({ outcome }) => outcome.machine)).to.deep.equal(['heir']);
    expect(hung.events.map(({ type }) => type)).not.to.include('completed');
  });

  it('refuses a result under a lock that became another’s before the worker could know', async () => {
    await using bench = await QueueBench.start();
    const times = { lockMs: 600_000, stalledIntervalMs: 600_000 };
    const late = bench.worker('late', boardsOf(1), { times });
    const queue = await bench.controller();
    const job = bench.job('late', 500);
    await queue.submit([job], bench.blobs);
    await until('the job to begin', () => bench.starts().length === 1);
    const redis = new Redis(bench.redis.url);
    const key = queueKeys('9.9.9').job(classOf(job.requires), bullJobId(job.id));
    await redis.set(`${key}:lock`, 'another');
    await until('the worker to be refused', () => late.events.some(({ type }) => type === 'lock-lost'));
    const result = await redis.hget(key, 'returnvalue');
    redis.disconnect();
    expect(result).to.equal(null);
    expect(late.events.map(({ type }) => type)).not.to.include('completed');
  });

  it('gives a job up whose workers died four times', async () => {
    await using bench = await QueueBench.start();
    const queue = await bench.controller();
    const jobs = [bench.job('deadly', 600_000)];
    await queue.submit(jobs, bench.blobs);
    for (const time of [1, 2, 3, 4]) {
      await using victim = bench.workerProcess(`victim-${time}`, boardsOf(1));
      await until('the job to begin', () => bench.starts().length === time);
      await victim.end('SIGKILL');
    }
    bench.worker('fifth', boardsOf(1, 2));
    const [finished] = await bench.outcomesOf(queue, jobs);
    expect(finished?.outcome.failures[0]).to.include({ class: 'infra-fail', code: 'worker-died' });
    expect(bench.starts()).to.have.length(4);
  });

  it('goes on when Redis is killed and started again in mid-job', async () => {
    await using bench = await QueueBench.start();
    // A busy machine takes seconds to start Redis: jobs are run again only when it was away for longer than their locks.
    const worker = bench.worker('only', boardsOf(2), { times: { ...SHORT_TIMES, lockMs: 30_000 } });
    const queue = await bench.controller();
    const jobs = [1, 2, 3, 4, 5, 6].map((number) => bench.job(`job-${number}`, 400));
    await queue.submit(jobs, bench.blobs);
    const outcomes = bench.outcomesOf(queue, jobs);
    await until('two jobs to begin', () => bench.starts().length >= 2);
    await bench.redis.kill();
    await until('the worker to notice', () => worker.events.some(({ type }) => type === 'redis-away'));
    await until('the jobs to end', () => bench.diary().filter(({ what }) => what === 'end').length >= 2);
    await bench.redis.start();
    const ids = (await outcomes).map(({ outcome }) => outcome.job);
    expect(ids).to.have.members(jobs.map(({ id }) => id));
    expect(bench.starts()).to.have.members(ids);
    const completed = () => worker.events.filter(({ type }) => type === 'completed').length;
    await until('the worker to say so of each', () => completed() >= jobs.length);
    expect(completed()).to.equal(jobs.length);
  });

  it('adds again what a Redis without its file has forgotten', async () => {
    await using bench = await QueueBench.start('--appendonly', 'no');
    bench.worker('only', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('running', 800), bench.job('waiting', 1)];
    await queue.submit(jobs, bench.blobs);
    await until('a job to begin', () => bench.starts().length === 1);
    await bench.redis.kill();
    await bench.redis.start();
    const finished = await bench.outcomesOf(queue, jobs);
    expect(finished.map(({ outcome }) => outcome.job)).to.have.members(['running', 'waiting']);
    expect(bench.events.map(({ type }) => type)).to.include('resubmitted');
    const codes = bench.events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
    expect(codes).to.deep.equal(['no-append-only-file']);
  });

  it('keeps nothing of a job in Redis once its outcome was taken in', async () => {
    await using bench = await QueueBench.start();
    bench.worker('only', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('forgotten', 1)];
    await queue.submit(jobs, bench.blobs);
    await bench.outcomesOf(queue, jobs);
    const redis = new Redis(bench.redis.url);
    const keys = await redis.keys('*forgotten*');
    redis.disconnect();
    expect(keys).to.deep.equal(['tokenrack:9.9.9:tries:forgotten']);
  });
});
