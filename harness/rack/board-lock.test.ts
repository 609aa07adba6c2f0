import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import { lockBoard } from './board-lock.js';

describe('lockBoard', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('refuses a second holder and names the first', async () => {
    await using _lock = await lockBoard(folder, 'cam-1');
    const error = await lockBoard(folder, 'cam-1').catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(InfraError);
    expect((error as Error).message).to.contain(`in use by process ${process.pid}`);
  });

  it('can be taken again after it was released', async () => {
    const lock = await lockBoard(folder, 'cam-1');
    await lock.release();
    expect(await readdir(folder)).to.deep.equal([]);
    await (await lockBoard(folder, 'cam-1')).release();
  });

  it('takes over the lock of a process that is gone', async () => {
    await writeFile(join(folder, 'lock'), '999999999');
    await (await lockBoard(folder, 'cam-1')).release();
  });
});
