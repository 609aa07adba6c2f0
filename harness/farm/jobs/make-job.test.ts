import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseScenario, type ScenarioInput } from '../../bench/scenario-spec.js';
import { buildVirtualFirmware } from '../../build/virtual-firmware.js';
import { filesBelow } from './files-below.js';
import type { JobRequest } from './make-job.js';
import { makeJob } from './make-job.js';

describe('making a job of a scenario', () => {
  const before = process.cwd();
  let root = '';
  let here = '';
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'tokenrack-make-job-')));
    here = join(root, 'project');
    await mkdir(here);
    process.chdir(here);
  });
  afterEach(async () => {
    process.chdir(before);
    await rm(root, { recursive: true });
  });

  async function files(...paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), `content of ${path}\n`);
    }
  }

  async function made(input: ScenarioInput, more: Partial<JobRequest> = {}) {
    const spec = parseScenario('a', input);
    const { job, made: tree } = await makeJob({ id: 'a', title: 'a', spec, overrides: {}, ...more });
    return { job, tree, paths: tree.tree.files.map(({ path }) => path) };
  }

  it('sends the folder of the scenario, without what is made there', async () => {
    await files('project/s/a.scenario.ts', 'project/s/lib/b.ts', 'project/s/node_modules/x/i.js');
    await files(
      'project/s/runs/r/plan.json',
      'project/s/dist/a.js',
      'project/s/.git/HEAD',
      'project/other.ts',
    );
    const { job, paths } = await made({}, { file: join(here, 's', 'a.scenario.ts') });
    expect(paths).to.deep.equal(['s/a.scenario.ts', 's/lib/b.ts']);
    expect(job.file).to.equal('s/a.scenario.ts');
    expect(job.overrides).to.deep.equal({});
  });

  it('leaves relative paths where they are, and puts those from elsewhere below inputs, saying so', async () => {
    await files(
      'project/p/two.yaml',
      'project/tok/tokenizer.json',
      'models/tale/model.bin',
      'models/tale/notes.txt',
    );
    const { job, tree, paths } = await made(
      { prompts: 'p/two.yaml', tokenizer: 'tok/tokenizer.json', model: '../models/tale' },
      { overrides: { tokens: 4 } },
    );
    const [inputs] = paths;
    expect(inputs).to.match(/^inputs\/[0-9a-f]{12}\/tale\/model\.bin$/);
    const folder = inputs!.slice(0, -'/model.bin'.length);
    expect(paths).to.deep.equal([inputs, `${folder}/notes.txt`, 'p/two.yaml', 'tok/tokenizer.json']);
    expect(job.overrides).to.deep.equal({ tokens: 4, model: folder });
    const { sha256 } = tree.tree.files[0]!;
    expect(tree.sources.get(sha256)).to.equal(join(root, 'models', 'tale', 'model.bin'));
  });

  it('says absolute paths below the working folder as relative ones', async () => {
    await files('project/m/x.bin', 'project/m/tokenizer.bin', 'project/m/other.bin', 'project/tok512.bin');
    const { job, paths } = await made({ model: join(here, 'm', 'x.bin') });
    expect(job.overrides).to.deep.equal({ model: 'm/x.bin' });
    expect(paths).to.deep.equal(['m/tokenizer.bin', 'm/x.bin', 'tok512.bin']);
  });

  it('sends the prompts themselves when their file lies elsewhere', async () => {
    await writeFile(join(root, 'p.yaml'), 'prompts: [One, Two]\n');
    const { job } = await made({ prompts: join(root, 'p.yaml') });
    expect(job.overrides).to.deep.equal({ prompts: ['One', 'Two'] });
  });

  it('sends of a build only what is flashed, and of the package nothing', async () => {
    const { folder, files: flashed } = await buildVirtualFirmware();
    const { job, paths } = await made({ build: folder });
    expect(paths).to.have.length(flashed.length + 1);
    expect(paths.map((path) => path.split('/').at(-1))).to.include('flasher_args.json');
    expect(job.overrides)
      .to.have.property('build')
      .that.matches(/^inputs\//);
    expect((await made({})).paths).to.deep.equal([]);
    expect((await made({ model: 'seeded:tiny-llm/1' })).paths).to.deep.equal([]);
  });

  it('sends what symbolic links lead to', async () => {
    await files('blobs/1', 'project/s/a.scenario.ts');
    await mkdir(join(root, 'm'));
    await symlink(join(root, 'blobs', '1'), join(root, 'm', 'model.safetensors'));
    await symlink(join(here, 's'), join(here, 's', 'again'));
    const { tree, paths } = await made(
      { model: join(root, 'm') },
      { file: join(here, 's', 'a.scenario.ts') },
    );
    expect(paths).to.have.length(2);
    expect([...tree.sources.values()]).to.include(join(root, 'blobs', '1'));
  });

  it('asks for the boards that the scenario asks for, or for the one named', async () => {
    const { job } = await made({ boards: { labels: ['rev3', 'fast', 'rev3'], count: 2 } });
    expect(job.requires).to.deep.equal({ labels: ['fast', 'rev3'], count: 2 });
    const one = await made({}, { mac: '24:6f:28:00:00:01' });
    expect(one.job.requires).to.deep.equal({ labels: [], count: 1, mac: '24:6f:28:00:00:01' });
  });

  it('refuses what is not there, before anybody else has to', async () => {
    const error = await made({ model: 'nowhere' }).catch((cause: unknown) => cause);
    expect(error).to.have.property('code', 'no-input');
    expect((error as Error).message).to.match(/model nowhere/);
  });

  it('refuses a folder that is no scenario’s by its size', async () => {
    await files('project/s/1', 'project/s/2/3', 'project/s/2/4');
    expect(await filesBelow(join(here, 's'), undefined, 3)).to.have.length(3);
    const error = await filesBelow(join(here, 's'), undefined, 2).catch((cause: unknown) => cause);
    expect(error).to.have.property('code', 'too-many-files');
  });
});
