import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

/** Each case runs the real program in a folder of its own. */
describe('tokenrack dashboards build', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-dashboards-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  function build(...args: readonly string[]): Promise<Ran> {
    return runTokenrack(['dashboards', 'build', ...args], { cwd: folder });
  }

  it('writes what is committed, and the second time nothing', async () => {
    expect((await build()).out).to.match(/^written {3}dashboards\/grafana\/overview\.json$/m);
    const names = await readdir(join(folder, 'dashboards', 'grafana'));
    expect(names).to.deep.equal(await readdir(join(packageRoot, 'dashboards', 'grafana')));
    const { code, out } = await build();
    expect(code).to.equal(0);
    expect(out)
      .to.match(/unchanged/)
      .and.not.match(/written/);
  });

  it('writes to the folder that is given, and tells a program what it wrote', async () => {
    const { out } = await build('--out', 'here', '--json');
    const { files, written } = JSON.parse(out);
    expect(written).to.deep.equal(files);
    expect(await readFile(join(folder, 'here', written[0]), 'utf8')).to.match(/^\{\n/);
  });

  it('with --check names what is missing, changed or left over, and writes nothing', async () => {
    expect((await build('--check')).code).to.equal(2);
    expect(await readdir(folder)).to.deep.equal([]);
    await build();
    expect((await build('--check')).code).to.equal(0);
    await writeFile(join(folder, 'dashboards', 'grafana', 'live.json'), '{}');
    await writeFile(join(folder, 'dashboards', 'grafana', 'old.json'), '{}');
    const { code, err } = await build('--check');
    expect(code).to.equal(2);
    expect(err).to.match(/grafana\/live\.json, grafana\/old\.json are not as built/);
    expect(await readFile(join(folder, 'dashboards', 'grafana', 'live.json'), 'utf8')).to.equal('{}');
  });
});
