import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sweepDrafts } from './sweep-drafts.js';

describe('sweepDrafts', () => {
  let runs: string;
  beforeEach(async () => {
    runs = await mkdtemp(join(tmpdir(), 'tokenrack-drafts-'));
  });
  afterEach(() => rm(runs, { recursive: true }));

  it('removes abandoned drafts, and neither fresh ones nor runs', async () => {
    const now = Date.now();
    for (const name of ['.old.1.part', '.fresh.2.part', '2026-11-21-a-run', 'a.part', '.other']) {
      await mkdir(join(runs, name, 'boards'), { recursive: true });
      const at = (now - (name.includes('fresh') ? 1_000 : 120_000)) / 1000;
      await utimes(join(runs, name), at, at);
    }
    await sweepDrafts(runs, now);
    expect((await readdir(runs)).sort()).to.deep.equal([
      '.fresh.2.part',
      '.other',
      '2026-11-21-a-run',
      'a.part',
    ]);
  });

  it('has nothing to do where no run came to be', () => sweepDrafts(join(runs, 'none')));
});
