import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ConfigError } from '../errors.js';
import { requireWritable } from './out-folder.js';

describe('requireWritable', () => {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-out-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const said = (path: string) =>
    requireWritable(path).then(
      () => 'writable',
      ({ code, message }: ConfigError) => `${code}: ${message}`,
    );

  it('takes a folder that is there, or that can be made, and leaves no trace', async () => {
    await mkdir(at('there'));
    expect(await said(at('there'))).to.equal('writable');
    expect(await said(at('there', 'a', 'b'))).to.equal('writable');
    expect(await readdir(folder, { recursive: true })).to.deep.equal(['there']);
  });

  it('refuses a file, what would lie in one, and a link to nowhere', async () => {
    await writeFile(at('file'), '');
    await symlink(at('nowhere'), at('link'));
    const isFile = `${at('file')} is a file, no folder`;
    expect(await said(at('file'))).to.equal(`out-folder: --out ${at('file')}: ${isFile}`);
    expect(await said(at('file', 'a', 'b'))).to.equal(`out-folder: --out ${at('file', 'a', 'b')}: ${isFile}`);
    expect(await said(at('link'))).to.equal(`out-folder: --out ${at('link')}: cannot be written (EEXIST)`);
    expect((await readdir(folder)).toSorted()).to.deep.equal(['file', 'link']);
  });

  it('refuses a folder of others', async function () {
    if (process.getuid?.() === 0) return this.skip();
    await mkdir(at('theirs'));
    await chmod(at('theirs'), 0o500);
    expect(await said(at('theirs'))).to.match(/cannot be written \(EACCES\)$/);
    expect(await said(at('theirs', 'a'))).to.match(/cannot be written \(EACCES\)$/);
  });

  it('comes back from a file system in which nothing can be made', async function () {
    if (!existsSync('/proc/self')) return this.skip();
    expect(await said('/proc/x/y')).to.match(/^out-folder: --out \/proc\/x\/y: cannot be written \(E\w+\)$/);
  });
});
