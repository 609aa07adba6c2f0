import { existsSync, renameSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { RunFolder, writeAtomically } from './run-folder.js';

describe('a new run folder', () => {
  let parent = '';
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'tokenrack-runs-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  const now = new Date('2026-11-21T09:30:00Z');
  const name = '2026-11-21_09-30-00-light';
  const plan = { name: 'plan.json', content: 'ours' };
  const filesOf = async (folder: string) => {
    const names = await readdir(join(parent, folder));
    return Promise.all(names.map(async (file) => [file, await readFile(join(parent, folder, file), 'utf8')]));
  };

  it('has a name of its own, though many are made in the same second', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => RunFolder.create(parent, 'Light', now, plan)));
    expect(made.map(({ id }) => id).sort()).to.deep.equal([name, `${name}-2`, `${name}-3`, `${name}-4`]);
    expect((await readdir(parent)).sort(), 'and no drafts').to.deep.equal(made.map(({ id }) => id).sort());
  });

  it('is never taken by a run that is fetched under its name at any moment', async () => {
    for (let round = 0; round < 20; round++) {
      const fetched = join(parent, 'fetched');
      await mkdir(fetched);
      await writeFile(join(fetched, 'plan.json'), 'theirs');
      const making = RunFolder.create(parent, 'light', now, plan);
      let over = false;
      const tryToTakeIt = (): void => {
        if (over) return;
        if (existsSync(join(parent, name)) && isTaken(fetched, join(parent, name))) return;
        setImmediate(tryToTakeIt);
      };
      setImmediate(tryToTakeIt);
      const { id } = await making;
      over = true;
      expect(await filesOf(id)).to.deep.equal([['plan.json', 'ours']]);
      expect(existsSync(fetched), 'it was refused').to.equal(true);
      for (const left of [id, 'fetched']) await rm(join(parent, left), { recursive: true });
    }
  });

  it('leaves nothing where its first file cannot be written', async () => {
    const missing = { name: join('no', 'folder'), content: '' };
    const making = RunFolder.create(parent, 'light', now, missing);
    expect(await making.catch(({ code }: NodeJS.ErrnoException) => code)).to.equal('ENOENT');
    expect(await readdir(parent)).to.deep.equal([]);
  });
});

/** Puts a whole folder in a place, as `materialize` does. */
function isTaken(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

describe('writing a file whole or not at all', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-write-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const codeOf = (writing: Promise<void>): Promise<unknown> =>
    writing.then(
      () => 'it was written',
      ({ code }: NodeJS.ErrnoException) => code,
    );

  it('leaves the old file, and nothing beside it, when the disk is full', async function () {
    // Linux's device that is always full: what is written through the link ends as on a full disk.
    if (!existsSync('/dev/full')) this.skip();
    const path = join(folder, 'plan.json');
    await writeAtomically(path, 'old');
    await symlink('/dev/full', `${path}.part`);
    expect(await codeOf(writeAtomically(path, 'new'))).to.equal('ENOSPC');
    expect(await readdir(folder)).to.deep.equal(['plan.json']);
    expect(await readFile(path, 'utf8')).to.equal('old');
  });

  it('leaves nothing beside it when the file cannot be put in its place', async () => {
    const path = join(folder, 'plan.json');
    await mkdir(path);
    expect(await codeOf(writeAtomically(path, 'new'))).to.be.oneOf(['EISDIR', 'EEXIST', 'EPERM']);
    expect(await readdir(folder)).to.deep.equal(['plan.json']);
  });

  it('tells why it could not be written, though what is beside it cannot be removed either', async () => {
    const path = join(folder, 'plan.json');
    await mkdir(join(`${path}.part`, 'in the way'), { recursive: true });
    expect(await codeOf(writeAtomically(path, 'new'))).to.equal('EISDIR');
  });
});
