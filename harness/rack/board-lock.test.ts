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

  it('has one holder when many come at once, also upon a lock that was left behind', async () => {
    for (let trial = 0; trial < 50; trial++) {
      if (trial % 2 === 0) await writeFile(join(folder, 'lock'), '999999999 left');
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => lockBoard(folder, 'cam-1')));
      const held = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(held).to.have.length(1);
      await held[0]?.release();
    }
  });

  it('leaves alone a lock that somebody else took meanwhile', async () => {
    const lock = await lockBoard(folder, 'cam-1');
    await writeFile(join(folder, 'lock'), `${process.pid} another`);
    await lock.release();
    expect(await readdir(folder)).to.deep.equal(['lock']);
  });
});
