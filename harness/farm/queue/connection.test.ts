import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { RedisServer } from '../testing/redis.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { openConnection } from './connection.js';
import type { QueueEvent } from './queue-event.js';
import { until } from './testing/queue-bench.js';

const { requiredTools } = readEnvironment();
const events: QueueEvent[] = [];
const open = (url: string, signal: AbortSignal = new AbortController().signal) =>
  openConnection(url, { version: '9.9.9', onEvent: (event) => events.push(event), signal });
const failureOf = (opening: Promise<unknown>) => opening.catch((error: unknown) => error);

describe('the URL that a connection is opened by', () => {
  it('is a Redis URL', async () => {
    for (const url of ['lab-1:6379', 'http://lab-1:6379', '6379']) {
      expect(await failureOf(open(url)), url).to.include({ code: 'queue-url' });
    }
  });
});

describe('a Redis whose host has no address', () => {
  it('is a config-error at once, not waited for', async () => {
    // Two dots together are no host name: that is known without asking a name server.
    const error = (await failureOf(open('redis://:secret@lab..1:6379'))) as Error;
    expect(error).to.include({ code: 'queue-host-unknown' });
    expect(error.message).to.contain('lab..1').and.not.to.contain('secret');
  });
});

describeWithRedis('the connection to the queue', requiredTools, () => {
  beforeEach(() => events.splice(0));

  it('waits for a Redis that is not there yet, and says so once', async () => {
    await using server = await RedisServer.start();
    await server.kill();
    const opening = open(server.url);
    await until('it to be told', () => events.length > 0);
    await server.start();
    await using connection = await opening;
    expect(await connection.redis.ping()).to.equal('PONG');
    expect(events.map(({ type }) => type)).to.deep.equal(['redis-away', 'redis-back']);
  });

  it('stops waiting when it is told so', async () => {
    await using server = await RedisServer.start();
    await server.kill();
    const ending = new AbortController();
    const opening = failureOf(open(server.url, ending.signal));
    const why = new Error('enough');
    ending.abort(why);
    expect(await opening).to.equal(why);
  });

  it('does not wait when Redis refuses the password', async () => {
    await using server = await RedisServer.start('--requirepass', 'right');
    const wrong = server.url.replace('//', '//:wrong@');
    for (const url of [server.url, wrong]) {
      const error = (await failureOf(open(url))) as Error;
      expect(error).to.include({ code: 'queue-refused' });
      expect(error.message).not.to.contain('wrong@');
    }
    await using connection = await open(server.url.replace('//', '//:right@'));
    expect(await connection.redis.ping()).to.equal('PONG');
  });
});
