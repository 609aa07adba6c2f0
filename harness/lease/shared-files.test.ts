import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const REPLACE = `
const [module, path] = process.argv.slice(1);
const { replaceFile } = await import(module);
replaceFile(path, 'small', { lasting: true });
try {
  replaceFile(path, 'x'.repeat(8192), { lasting: true });
} catch (error) {
  console.log(error.code);
}
`;

describe('files that processes share', () => {
  it('are left as they were, and nothing beside them, when there is no room for the new one', async function () {
    if (process.platform === 'win32') this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-shared-'));
    try {
      const path = join(folder, 'lease.json');
      expect(await withoutRoom(REPLACE, new URL('./shared-files.js', import.meta.url).href, path)).to.equal(
        'EFBIG\n',
      );
      expect(await readdir(folder)).to.deep.equal(['lease.json']);
      expect(await readFile(path, 'utf8')).to.equal('small');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Runs a module in a process that may make no file of more than a block; what it prints. */
function withoutRoom(source: string, ...args: readonly string[]): Promise<string> {
  const command = 'ulimit -f 1; exec "$@"';
  const node = [process.execPath, '--input-type=module', '--eval', source, ...args];
  return new Promise((done, fail) => {
    execFile('sh', ['-c', command, 'sh', ...node], (error, out, err) =>
      error === null ? done(out) : fail(new Error(err)),
    );
  });
}
