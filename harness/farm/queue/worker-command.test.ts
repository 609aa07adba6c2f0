import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { parseScenario } from '../../bench/scenario-spec.js';
import { readEnvironment } from '../../config/environment.js';
import { listLeases } from '../../lease/list.js';
import { packageRoot } from '../../paths.js';
import type { Overrides } from '../../scenario/overrides.js';
import { tokenrackVersion } from '../../version.js';
import { ship } from '../blobs/ship.js';
import type { Job } from '../jobs/job.js';
import { makeJob } from '../jobs/make-job.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { boardsOf, QueueBench, until } from './testing/queue-bench.js';

const { requiredTools } = readEnvironment();
const RACK = 'boards:\n  - id: cam-1\n    mac: 24:6f:28:7a:00:01\n    link: virtual\n';
const QUICK: Overrides = { prompts: ['Hello there'], tokens: 3, repeats: 1, warmups: 0 };

/** The command itself, with whole jobs on a virtual board. */
describeWithRedis('tokenrack worker', requiredTools, function () {
  this.timeout(120_000);

  it('runs a job of the queue, gives its run folder, and ends without a lease when it is told to', async () => {
    await using bench = await QueueBench.start();
    const worker = await startCommand(bench, 'lab-1');
    const said = text(worker.stdout!);
    const queue = await bench.controller({ version: tokenrackVersion });
    const jobs = [await realJob(bench, 'quick', QUICK)];
    await queue.submit(jobs, bench.blobs);
    const [finished] = await bench.outcomesOf(queue, jobs);
    expect(finished?.outcome).to.include({ job: 'quick', try: 1, verdict: 'pass' });
    expect(finished?.outcome.boards[0]).to.include({ id: 'cam-1', fence: 1 });
    const result = JSON.parse(await readFile(join(finished!.runFolder!, 'result.json'), 'utf8'));
    expect(result.verdict).to.equal('pass');

    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect(await gone).to.deep.equal([0, null]);
    expect(JSON.parse(await said)).to.deep.equal({ taken: 1, completed: 1, givenBack: 0, lost: 0 });
    expect(await holders(bench, 'lab-1')).to.deep.equal([]);
  });

  it('leaves its job to another, and no lease, when it is killed in the middle of it', async () => {
    await using bench = await QueueBench.start();
    const real = { real: true, version: tokenrackVersion };
    const victim = bench.workerProcess('victim', boardsOf(1), real);
    const queue = await bench.controller({ version: tokenrackVersion });
    const jobs = [await realJob(bench, 'long', { ...QUICK, repeats: 40 })];
    await queue.submit(jobs, bench.blobs);
    await until('the job to have the board', async () => (await holders(bench, 'victim')).length === 1);
    await victim.end('SIGKILL');
    await until('the lease to be free', () => isFree(bench, 'victim'));
    bench.workerProcess('heir', boardsOf(1), real);
    const [finished, ...others] = await bench.outcomesOf(queue, jobs);
    expect(others).to.have.length(0);
    expect(finished?.outcome).to.include({ verdict: 'pass', try: 2 });
  });

  it('says what is wrong with the queue that it is given', async () => {
    await using bench = await QueueBench.start();
    const worker = spawn(process.execPath, [program, 'worker', '--queue', 'lab-1:6379'], {
      cwd: bench.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const complaint = text(worker.stderr);
    const [code] = await once(worker, 'exit');
    expect(code).to.equal(2);
    expect(await complaint).to.contain('"lab-1:6379" is no Redis URL');
  });
});

const program = join(packageRoot, 'dist', 'cli', 'main.js');

/** Resolves when it is ready. It is killed with the bench. */
async function startCommand(bench: QueueBench, name: string): Promise<ChildProcess> {
  await writeFile(join(bench.folder, 'rack.yaml'), RACK);
  const words = ['worker', '--queue', bench.redis.url, '--name', name, '--json'];
  const child = spawn(process.execPath, [program, ...words], {
    cwd: bench.folder,
    env: { ...process.env, TOKENRACK_STATE: stateOf(bench, name), TOKENRACK_MACHINE: stateOf(bench, name) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  bench.killAtEnd(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  await until(`${name} to be ready`, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
    return said.includes(`${name} is ready with cam-1`);
  });
  return child;
}

async function realJob(bench: QueueBench, id: string, overrides: Overrides): Promise<Job> {
  const { tokens, ...rest } = overrides;
  const input = { ...rest, prompts: [...(overrides.prompts ?? [])], generate: { tokens } };
  const spec = parseScenario('ad hoc', input);
  const { job, made } = await makeJob({ id, title: 'ad hoc', spec, overrides, leaseTtlMs: 3000 });
  await ship(made, bench.blobs);
  return job;
}

async function holders(bench: QueueBench, name: string): Promise<string[]> {
  const leases = await listLeases(stateOf(bench, name));
  return leases.flatMap(({ holder }) => holder?.what ?? []);
}

/** On a busy machine the job is gone before it let go of the board: whoever comes next has it at once all the same. */
async function isFree(bench: QueueBench, name: string): Promise<boolean> {
  const leases = await listLeases(stateOf(bench, name));
  return leases.every(({ holder }) => holder === undefined || holder.gone === true);
}

function stateOf(bench: QueueBench, name: string): string {
  return join(bench.folder, name);
}
