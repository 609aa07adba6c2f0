import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import type { Finished } from '../place.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { boardsOf, QueueBench, until } from './testing/queue-bench.js';

const { requiredTools } = readEnvironment();

/** Of the run folder: the fake machine writes the job there. */
async function planOf(finished: Finished | undefined): Promise<unknown> {
  return JSON.parse(await readFile(join(finished!.runFolder!, 'plan.json'), 'utf8'));
}

describeWithRedis('the queue', requiredTools, () => {
  it('has a job done once though two workers race for it, and brings its run folder', async () => {
    await using bench = await QueueBench.start();
    bench.worker('left', boardsOf(1, 1));
    bench.worker('right', boardsOf(1, 2));
    const queue = await bench.controller();
    const jobs = [bench.job('one', 100)];
    await queue.submit(jobs, bench.blobs);
    const [finished, ...others] = await bench.outcomesOf(queue, jobs);
    expect(others).to.have.length(0);
    expect(finished?.outcome).to.include({ job: 'one', try: 1, verdict: 'pass' });
    expect(await planOf(finished)).to.include({ id: 'one' });
    expect(bench.starts()).to.deep.equal(['one']);
  });

  it('has 200 jobs done by four workers, each once', async () => {
    await using bench = await QueueBench.start();
    for (const index of [0, 1, 2, 3]) bench.worker(`w${index}`, boardsOf(2, 2 * index));
    const queue = await bench.controller();
    const jobs = Array.from({ length: 200 }, (_, index) => bench.bareJob(`job-${index}`, index % 5));
    await queue.submit(jobs, bench.blobs);
    const finished = await bench.outcomesOf(queue, jobs);
    const ids = jobs.map(({ id }) => id);
    expect(finished.map(({ outcome }) => outcome.job)).to.have.members(ids);
    expect(bench.starts()).to.have.members(ids);
  });

  it('gives a job only to a worker with boards that fit, as many as it wants', async () => {
    await using bench = await QueueBench.start();
    const lens = boardsOf(2, 1, ['lens']);
    bench.worker('plain', boardsOf(3, 16));
    bench.worker('lenses', lens);
    const queue = await bench.controller();
    const labels = ['lens'];
    const jobs = [
      ...[1, 2, 3].map((number) => bench.job(`lens-${number}`, 30, { labels })),
      bench.job('both-lenses', 30, { labels, count: 2 }),
      bench.job('this-one', 30, { mac: lens[1]!.mac }),
      bench.job('three', 30, { count: 3 }),
    ];
    await queue.submit(jobs, bench.blobs);
    const finished = await bench.outcomesOf(queue, jobs);
    const machines = new Map(finished.map(({ outcome }) => [outcome.job, outcome.machine]));
    expect(machines.get('three')).to.equal('plain');
    machines.delete('three');
    expect(new Set(machines.values())).to.deep.equal(new Set(['lenses']));
    const boardsFor = (id: string) => finished.find(({ outcome }) => outcome.job === id)!.outcome.boards;
    expect(boardsFor('both-lenses')).to.have.length(2);
    expect(boardsFor('this-one').map(({ mac }) => mac)).to.deep.equal([lens[1]!.mac]);
  });

  it('takes what is expected to last longest first, and before that what nobody knows', async () => {
    await using bench = await QueueBench.start();
    const queue = await bench.controller();
    const jobs = [
      bench.job('short', 1, {}, { expectedMs: 2_000 }),
      bench.job('long', 1, {}, { expectedMs: 600_000 }),
      bench.job('unknown', 1),
      bench.job('middle', 1, {}, { expectedMs: 60_000 }),
    ];
    await queue.submit(jobs, bench.blobs);
    bench.worker('only', boardsOf(1));
    await bench.outcomesOf(queue, jobs);
    expect(bench.starts()).to.deep.equal(['unknown', 'long', 'middle', 'short']);
  });

  it('puts a job back when its board is somebody else’s, and that is no failure', async () => {
    await using bench = await QueueBench.start();
    const stolen = new Set(boardsOf(1).map(({ mac }) => mac));
    const robbed = bench.worker('robbed', boardsOf(1), { stolen });
    const queue = await bench.controller();
    const jobs = [bench.job('patient', 1)];
    await queue.submit(jobs, bench.blobs);
    await until('the job to go back', () => robbed.events.some(({ type }) => type === 'given-back'));
    bench.worker('other', boardsOf(1, 9));
    const [finished] = await bench.outcomesOf(queue, jobs);
    expect(finished?.outcome).to.include({ machine: 'other', verdict: 'pass' });
  });

  it('changes nothing when a job is submitted again', async () => {
    await using bench = await QueueBench.start();
    const queue = await bench.controller();
    const jobs = [bench.job('again', 300)];
    await queue.submit(jobs, bench.blobs);
    bench.worker('only', boardsOf(2));
    await until('the job to begin', () => bench.starts().length === 1);
    await queue.submit(jobs, bench.blobs);
    await until('the job to end', () => bench.diary().some(({ what }) => what === 'end'));
    await queue.submit(jobs, bench.blobs);
    expect(await bench.outcomesOf(queue, jobs)).to.have.length(1);
    expect(bench.starts()).to.have.length(1);
  });

  it('hands an outcome over again to the next controller when the first ended before it was taken in', async () => {
    await using bench = await QueueBench.start();
    bench.worker('only', boardsOf(1));
    const jobs = [bench.job('twice-told', 1)];
    const first = await bench.controller();
    await first.submit(jobs, bench.blobs);
    const dies = new Error('killed before the ledger was written');
    const { runsFolder } = bench;
    const told = first.outcomes(['twice-told'], () => Promise.reject(dies), {
      runsFolder,
      signal: bench.ended.signal,
    });
    expect(await told.catch((error: unknown) => error)).to.equal(dies);
    await first[Symbol.asyncDispose]();

    const second = await bench.controller();
    await second.submit(jobs, bench.blobs);
    const [finished] = await bench.outcomesOf(second, jobs);
    expect(finished?.outcome).to.include({ job: 'twice-told', try: 1 });
    expect(await planOf(finished)).to.include({ id: 'twice-told' });
    expect(await readdir(runsFolder), 'it was fetched before').to.deep.equal(['run']);
    expect(bench.starts()).to.have.length(1);
  });

  it('brings each job its own run folder though all have one name', async () => {
    await using bench = await QueueBench.start();
    bench.worker('left', boardsOf(2, 1));
    bench.worker('right', boardsOf(2, 3));
    const queue = await bench.controller();
    const jobs = Array.from({ length: 8 }, (_, index) => bench.job(`job-${index}`, 10));
    await queue.submit(jobs, bench.blobs);
    const finished = await bench.outcomesOf(queue, jobs);
    expect(new Set(finished.map(({ runFolder }) => runFolder)).size).to.equal(jobs.length);
    for (const each of finished) expect(await planOf(each)).to.include({ id: each.outcome.job });
    expect(await readdir(bench.runsFolder)).to.have.length(jobs.length);
  });

  it('cancels jobs that wait and jobs that run', async () => {
    await using bench = await QueueBench.start();
    bench.worker('only', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('runs', 60_000), bench.job('waits', 1)];
    await queue.submit(jobs.slice(0, 1), bench.blobs);
    await until('the job to begin', () => bench.starts().length === 1);
    await queue.submit(jobs.slice(1), bench.blobs);
    const outcomes = bench.outcomesOf(queue, jobs);
    await queue.cancel(['runs', 'waits']);
    expect(await outcomes).to.have.length(0);
    await until('the job to stop', () => bench.diary().some(({ what }) => what === 'stop'));
    expect(bench.starts()).to.deep.equal(['runs']);
  });

  it('withdraws jobs that wait, and neither what runs nor what is done', async () => {
    await using bench = await QueueBench.start();
    bench.worker('only', boardsOf(1));
    const queue = await bench.controller();
    const [done, runs, waits] = [bench.job('done'), bench.job('runs', 1000), bench.job('waits')];
    await queue.submit([done, runs], bench.blobs);
    await until('one to be done and the next to begin', () => bench.starts().length === 2);
    await queue.submit([waits], bench.blobs);
    const ids = [done, runs, waits].map(({ id }) => id);
    expect(await queue.withdraw(ids)).to.deep.equal(['waits']);
    expect(await queue.withdraw(ids)).to.deep.equal([]);
    const finished = await bench.outcomesOf(queue, [done, runs, waits]);
    expect(finished.map(({ outcome }) => outcome.job)).to.have.members(['done', 'runs']);
    expect(bench.starts()).not.to.include('waits');
  });

  it('leaves the outcome of a job that was done while it was being withdrawn', async () => {
    await using bench = await QueueBench.start();
    const queue = await bench.controller();
    const jobs = Array.from({ length: 60 }, (_, n) => bench.bareJob(`job-${n}`));
    await queue.submit(jobs, bench.blobs);
    for (const name of ['one', 'two', 'three']) bench.worker(name, boardsOf(2));
    await until('some to be done', () => bench.starts().length > 5);
    const withdrawn = await queue.withdraw(jobs.map(({ id }) => id));
    const finished = await bench.outcomesOf(queue, jobs);
    const ids = [...withdrawn, ...finished.map(({ outcome }) => outcome.job)];
    expect(ids).to.have.members(jobs.map(({ id }) => id));
    expect(bench.starts().filter((id) => withdrawn.includes(id))).to.deep.equal([]);
  });

  it('does not take for forgotten what is just being withdrawn', async () => {
    await using bench = await QueueBench.start();
    const queue = await bench.controller({ pollMs: 0, lookAfterMs: 0 });
    const jobs = Array.from({ length: 100 }, (_, n) => bench.job(`job-${n}`));
    await queue.submit(jobs, bench.blobs);
    const outcomes = bench.outcomesOf(queue, jobs);
    const ids = jobs.map(({ id }) => id);
    expect(await queue.withdraw(ids)).to.deep.equal(ids);
    expect(await outcomes).to.have.length(0);
    expect(bench.events.map(({ type }) => type)).not.to.include('resubmitted');
  });

  it('finishes what runs when it is told to end, and takes nothing more', async () => {
    await using bench = await QueueBench.start();
    const worker = bench.worker('only', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('first', 500), bench.job('second', 1)];
    await queue.submit(jobs, bench.blobs);
    await until('a job to begin', () => bench.starts().length === 1);
    await worker.end();
    expect(worker.events.filter(({ type }) => type === 'completed')).to.have.length(1);
    expect(bench.starts()).to.have.length(1);
    expect(await queue.workers()).to.deep.equal([]);
  });

  it('gives back at once what runs when it is told so', async () => {
    await using bench = await QueueBench.start();
    const worker = bench.worker('hurried', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('long', 60_000)];
    await queue.submit(jobs, bench.blobs);
    await until('the job to begin', () => bench.starts().length === 1);
    worker.giveBack();
    await worker.end();
    bench.worker('patient', boardsOf(1, 2), { durationMs: () => 1 });
    const [finished] = await bench.outcomesOf(queue, jobs);
    expect(finished?.outcome).to.include({ machine: 'patient', try: 2, verdict: 'pass' });
  });

  it('shows what happens in a job', async () => {
    await using bench = await QueueBench.start();
    bench.worker('only', boardsOf(1));
    const queue = await bench.controller();
    const jobs = [bench.job('seen', 2000)];
    await queue.submit(jobs, bench.blobs);
    const lines: string[] = [];
    const watched = queue.watch(
      (job, line) => lines.push(`${job}: ${JSON.stringify(line)}`),
      bench.ended.signal,
    );
    await bench.outcomesOf(queue, jobs);
    expect(lines.join()).to.match(/^seen: .*try 1/);
    bench.ended.abort();
    await watched;
  });

  it('tells its workers with their boards, versions and what they do', async () => {
    await using bench = await QueueBench.start();
    bench.worker('only', boardsOf(2));
    const queue = await bench.controller();
    await until('the worker to be there', async () => (await queue.workers()).length === 1);
    const [worker] = await queue.workers();
    expect(worker).to.include({ name: 'only', version: '9.9.9', ending: false });
    expect(worker?.boards.map(({ id, state }) => [id, state])).to.deep.equal([
      ['cam-01', 'free'],
      ['cam-02', 'free'],
    ]);
  });
});

describeWithRedis('jobs that nobody can serve', requiredTools, () => {
  const patience = { warnAfterMs: 300, failAfterMs: 1200 };

  it('are told, and given up after a while', async () => {
    await using bench = await QueueBench.start();
    bench.worker('plain', boardsOf(1));
    const queue = await bench.controller({ patience });
    const jobs = [bench.job('served', 1), bench.job('picky', 1, { labels: ['lens'] })];
    await queue.submit(jobs, bench.blobs);
    const finished = await bench.outcomesOf(queue, jobs);
    const outcomes = new Map(finished.map(({ outcome }) => [outcome.job, outcome]));
    expect(outcomes.get('served')?.verdict).to.equal('pass');
    expect(outcomes.get('picky')?.failures[0]).to.include({ class: 'infra-fail', code: 'no-worker' });
    const told = bench.events.filter(({ type }) => type === 'unserved');
    expect(told).to.have.length(1);
    expect(told[0]).to.deep.include({ jobs: ['picky'] });
  });

  it('are a config-error that says what to install where workers have another version', async () => {
    await using bench = await QueueBench.start();
    bench.worker('old', boardsOf(1), { version: '9.9.8' });
    const queue = await bench.controller({ patience });
    const jobs = [bench.job('new', 1)];
    await queue.submit(jobs, bench.blobs);
    const [finished] = await bench.outcomesOf(queue, jobs);
    const failure = finished?.outcome.failures[0];
    expect(failure).to.include({ class: 'config-error', code: 'other-version' });
    expect(failure?.message).to.contain('npm install -g tokenrack@9.9.9').and.to.contain('old has 9.9.8');
  });
});
