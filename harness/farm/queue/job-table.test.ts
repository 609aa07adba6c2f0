import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import type { BlobStore } from '../blobs/tree.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { classOf } from './classes.js';
import { openConnection, type QueueConnection } from './connection.js';
import { type Ask, JobTable } from './job-table.js';
import { bullJobId } from './keys.js';
import { QueueBench } from './testing/queue-bench.js';

const { requiredTools } = readEnvironment();
const version = '9.9.9';
const once: Ask = (command) => command();

describeWithRedis("a controller's jobs in Redis", requiredTools, () => {
  let bench: QueueBench;
  let connection: QueueConnection;
  beforeEach(async () => {
    bench = await QueueBench.start();
    const { signal } = bench.ended;
    connection = await openConnection(bench.redis.url, { version, signal, onEvent: () => {} });
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  const tableOf = (asking: { readonly ask: Ask }): JobTable => {
    const parts: ConstructorParameters<typeof JobTable> = [connection, bench.blobs, asking.ask];
    return new JobTable(...parts);
  };
  const submitted = (id: string) => {
    const job = bench.job(id);
    return { job, className: classOf(job.requires), blobs: bench.blobs as BlobStore };
  };

  it('keep an outcome that comes while the job is being withdrawn', async () => {
    const one = submitted('one');
    await tableOf({ ask: once }).add([one]);
    const taker = connection.taker(one.className);
    // A worker takes the job and has done it after whatever was asked first.
    let asked = 0;
    let done = false;
    const table = tableOf({
      ask: async (command) => {
        const answer = await command();
        if (asked++ > 0) return answer;
        const bull = await taker.getNextJob('token', { block: false });
        await bull?.moveToCompleted({ fine: true }, 'token', false);
        done = bull !== undefined;
        return answer;
      },
    });
    const withdrawn = await table.withdraw(one);
    const kept = await connection.queue(one.className).getJobState(bullJobId('one'));
    expect([withdrawn, kept]).to.deep.equal(done ? [false, 'completed'] : [true, 'unknown']);
  });

  it('are withdrawn while they wait, also those that a worker gave back, and leave nothing', async () => {
    const [fresh, back, taken] = [submitted('fresh'), submitted('back'), submitted('taken')];
    const table = tableOf({ ask: once });
    const taker = connection.taker(fresh.className);
    await table.add([back]);
    const bull = await taker.getNextJob('token', { block: false });
    await bull?.moveToWait('token');
    await table.add([taken]);
    await table.add([fresh]);
    const held = await taker.getNextJob('token', { block: false });
    const all = [fresh, back, taken];
    const states = await Promise.all(all.map((each) => table.withdraw(each)));
    const running = all.findIndex(({ job }) => bullJobId(job.id) === held?.id);
    expect(states).to.deep.equal(all.map((_, index) => index !== running));
    expect((await table.forgotten(all)).length).to.equal(2);
    expect(await table.withdraw(submitted('never'))).to.equal(true);
  });

  it('are not added again once nobody wants them, though Redis was asked before', async () => {
    const one = submitted('one');
    let isWanted = true;
    const table = tableOf({
      ask: (command) => {
        isWanted = false;
        return command();
      },
    });
    await table.add([one], () => isWanted);
    expect((await table.forgotten([one])).length).to.equal(1);
  });
});
