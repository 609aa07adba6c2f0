import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { InfraError } from '../errors.js';
import { requireOwnFolders, whyNoFolder } from './no-folder.js';

describe('whyNoFolder', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-no-folder-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('finds nothing where a folder is or can be made, and leaves nothing there', async () => {
    expect(await whyNoFolder(folder)).to.equal(undefined);
    expect(await whyNoFolder(join(folder, 'a', 'b'))).to.equal(undefined);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('leaves a file in the way to whoever makes the folder', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await whyNoFolder(join(folder, 'file', 'a'))).to.equal(undefined);
  });

  it('finds a file system that makes no folders', async function () {
    if (process.platform !== 'linux') this.skip();
    const why = 'no folder can be made in /proc (ENOENT)';
    expect(await whyNoFolder('/proc/tokenrack/state')).to.equal(why);
    const own = { stateFolder: folder, machineFolder: folder, runsFolder: '/proc/tokenrack/runs' };
    const refused = await requireOwnFolders(own).catch((error: InfraError) => error);
    expect(refused).to.include({
      code: 'machine-trouble',
      message: `/proc/tokenrack/runs cannot be a folder: ${why}; set TOKENRACK_RUNS to another`,
    });
  });
});
