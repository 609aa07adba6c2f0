import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenrackError } from '../errors.js';
import { sayingHowToGoOn } from './quantize-interrupted.js';

describe('sayingHowToGoOn', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-interrupted-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What is said of work that writes a state of some time and fails. */
  async function said(error: Error, stateMs?: number): Promise<string> {
    let text = '';
    const work = async (): Promise<never> => {
      const state = join(folder, 'a.state');
      if (stateMs !== undefined) await writeFile(state, '');
      if (stateMs !== undefined) await utimes(state, stateMs / 1000, stateMs / 1000);
      throw error;
    };
    const thrown = await sayingHowToGoOn(work, folder, (line) => (text += line)).catch((one) => one);
    expect(thrown).to.equal(error);
    return text;
  }
  const interruption = new TokenrackError('interrupted', 'inconclusive', 'interrupted');
  const laterMs = () => Date.now() + 60_000;

  it('says that the same command goes on where a training was kept', async () => {
    expect(await said(interruption, laterMs())).to.equal(
      `training is kept in ${folder}: the same command goes on where it was interrupted\n`,
    );
  });

  it('says nothing where none was, where it is of an earlier command, or where all else failed', async () => {
    expect(await said(interruption)).to.equal('');
    expect(await said(interruption, Date.now() - 60_000)).to.equal('');
    expect(await said(new Error('diverged'), laterMs())).to.equal('');
    await rm(folder, { recursive: true });
    expect(await said(interruption)).to.equal('');
  });
});
