import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { readEnvironment } from '../../config/environment.js';
import { RedisServer } from '../testing/redis.js';
import { describeWithRedis } from '../testing/redis-tier.js';
import { adviseOnRedis } from './redis-advice.js';
import { RedisBlobs } from './redis-blobs.js';

const { requiredTools } = readEnvironment();
const pieceBytes = 1000;

describeWithRedis('blobs in Redis', requiredTools, () => {
  let server: RedisServer;
  let redis: Redis;
  let folder = '';

  before(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url);
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-blobs-'));
  });
  after(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => redis.flushall());

  async function file(bytes: number): Promise<{ path: string; sha256: string; content: Buffer }> {
    const content = randomBytes(bytes);
    const path = join(folder, 'given');
    await writeFile(path, content);
    return { path, content, sha256: createHash('sha256').update(content).digest('hex') };
  }

  for (const bytes of [0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 10 * pieceBytes + 7]) {
    it(`come back as they were given, ${bytes} bytes`, async () => {
      const blobs = new RedisBlobs(redis, { pieceBytes });
      const { path, sha256, content } = await file(bytes);
      expect(await blobs.missing([sha256])).to.deep.equal([sha256]);
      await blobs.putFile(sha256, path);
      expect(await blobs.missing([sha256])).to.deep.equal([]);
      const back = join(folder, 'back');
      await blobs.getFile(sha256, back);
      expect((await readFile(back)).equals(content)).to.equal(true);
    });
  }

  it('are missing, and leave no file, when a piece is gone', async () => {
    const blobs = new RedisBlobs(redis, { pieceBytes });
    const { path, sha256 } = await file(3500);
    await blobs.putFile(sha256, path);
    const pieces = (await redis.keys('tokenrack:blob:*')).filter((key) => key.endsWith(':2'));
    await redis.del(...pieces);
    expect(await blobs.missing([sha256])).to.deep.equal([sha256]);
    const error = await blobs.getFile(sha256, join(folder, 'torn')).catch((each: unknown) => each);
    expect(error).to.include({ code: 'no-blob' });
    expect((await readdir(folder)).filter((name) => name.startsWith('torn'))).to.deep.equal([]);
    await blobs.putFile(sha256, path);
    expect(await blobs.missing([sha256])).to.deep.equal([]);
  });

  it('are refused when a piece was changed', async () => {
    const blobs = new RedisBlobs(redis, { pieceBytes });
    const { path, sha256 } = await file(1500);
    await blobs.putFile(sha256, path);
    const [piece] = (await redis.keys('tokenrack:blob:*')).filter((key) => key.endsWith(':1'));
    await redis.setrange(piece!, 3, 'bad');
    const error = await blobs.getFile(sha256, join(folder, 'bad')).catch((each: unknown) => each);
    expect(error).to.include({ code: 'bad-blob' });
    expect((await readdir(folder)).filter((name) => name.startsWith('bad'))).to.deep.equal([]);
  });

  it('are not kept when the file has another hash', async () => {
    const blobs = new RedisBlobs(redis, { pieceBytes });
    const { path } = await file(2500);
    const error = await blobs.putFile('0'.repeat(64), path).catch((each: unknown) => each);
    expect(error).to.include({ code: 'bad-blob' });
    expect(await redis.keys('*')).to.deep.equal([]);
  });

  it('expire some time after their last use', async () => {
    const blobs = new RedisBlobs(redis, { pieceBytes, keptSeconds: 100 });
    const { path, sha256 } = await file(1500);
    await blobs.putFile(sha256, path);
    const keys = await redis.keys('*');
    for (const key of keys) await redis.expire(key, 10);
    await blobs.getFile(sha256, join(folder, 'used'));
    const left = await Promise.all(keys.map((key) => redis.ttl(key)));
    expect(left.every((seconds) => seconds > 90 && seconds <= 100)).to.equal(true);
  });

  it('are told when they fill Redis', async () => {
    const codes: unknown[] = [];
    const onEvent = (event: object) => codes.push((event as { code?: string }).code);
    const { path, sha256 } = await file(1500);
    await new RedisBlobs(redis, { onEvent, warnBytes: 10 }).putFile(sha256, path);
    expect(codes).to.deep.equal(['redis-memory']);
  });
});

describeWithRedis('what is wrong with a Redis', requiredTools, () => {
  const codes = async (...settings: string[]) => {
    await using server = await RedisServer.start(...settings);
    const redis = new Redis(server.url);
    const advice = await adviseOnRedis(redis);
    redis.disconnect();
    return advice.map(({ code }) => code);
  };

  it('is nothing when it keeps an append-only file and evicts nothing', async () => {
    expect(await codes()).to.deep.equal([]);
  });

  it('is that it keeps no append-only file, or throws keys away', async () => {
    expect(await codes('--appendonly', 'no')).to.deep.equal(['no-append-only-file']);
    expect(await codes('--maxmemory-policy', 'allkeys-lru')).to.deep.equal(['evicts']);
  });

  it('is unknown when it does not say', async () => {
    expect(await codes('--rename-command', 'CONFIG', '')).to.deep.equal(['settings-unknown']);
  });
});
