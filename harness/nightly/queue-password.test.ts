import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { RedisServer } from '../farm/testing/redis.js';
import { describeWithRedis } from '../farm/testing/redis-tier.js';
import { packageRoot } from '../paths.js';
import { NightWorkshop, tinyScenarios } from './testing/night-folder.js';

const { requiredTools } = readEnvironment();
const PASSWORD = 'a$long-one';

describeWithRedis('a night through a queue that demands a password', requiredTools, function () {
  this.timeout(120_000);

  it('is gone on with by whoever says it, and leaves the password nowhere', async () => {
    await using redis = await RedisServer.start('--requirepass', PASSWORD);
    await using shop = await NightWorkshop.make();
    const url = redis.url.replace('//', `//:${PASSWORD}@`);
    const file = await shop.write('scenarios/tiny.scenario.ts', tinyScenarios(1));
    await using worker = await startWorker(url);

    const planned = await shop.nightly(file, '--queue', url, '--once', '--budget', '0.001s');
    expect(planned.code, planned.err).to.equal(5);
    const [night] = await shop.nights();
    const { options } = JSON.parse(await readFile(join(night!, 'night.json'), 'utf8'));
    expect(options.queue).to.equal(redis.url.replace('//', '//:***@'));

    const refused = await shop.nightly('--resume', night!);
    expect(refused).to.include({ code: 2 });
    expect(refused.err).to.match(/password is kept nowhere: .*--queue.*TOKENRACK_QUEUE\n$/);
    const resumed = await shop.nightlyWith({ TOKENRACK_QUEUE: url }, '--resume', night!, '--json');
    expect(resumed.code, resumed.out + resumed.err).to.equal(0);

    const said = await worker.stop();
    const told = [planned, refused, resumed].flatMap(({ out, err }) => [out, err]);
    for (const text of [said, ...told]) expect(text).not.to.contain(PASSWORD);
    for (const root of [shop.path, worker.path]) expect(await filesWith(PASSWORD, root)).to.deep.equal([]);
  });
});

/** With one board, in a folder of its own; ready. `stop` resolves with all that it said. */
async function startWorker(url: string) {
  const far = await NightWorkshop.make();
  await far.rack(1);
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [main, 'worker', '--json'], {
    cwd: far.path,
    env: { ...process.env, TOKENRACK_MACHINE: join(far.path, 'machine'), TOKENRACK_QUEUE: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('is ready with')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(`the worker ended: ${said}`)));
  });
  const stop = async (): Promise<string> => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'close');
    return said;
  };
  const dispose = async (): Promise<void> => {
    await stop();
    await far[Symbol.asyncDispose]();
  };
  try {
    await ready;
  } catch (error) {
    await dispose();
    throw error;
  }
  return { path: far.path, stop, [Symbol.asyncDispose]: dispose };
}

async function filesWith(text: string, root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const path of paths) if ((await readFile(path)).includes(text)) found.push(path);
  return found;
}
