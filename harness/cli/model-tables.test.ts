import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { modelHash } from '../model/model-hash.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { exampleReport } from '../quantization/tables/testing/example-report.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');

describe('tokenrack model tables', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-tables-'));
    const hash = modelHash(await readCheckpoint(model));
    for (const method of ['naive', 'nearest'] as const) {
      const report = exampleReport({ recipe: { method, bits: 8 } });
      await mkdir(join(folder, 'builds', method), { recursive: true });
      const made = { ...report, model: { ...report.model, name: 'little-stories', hash } };
      await writeFile(join(folder, 'builds', method, 'validation_report.json'), JSON.stringify(made));
    }
  });
  after(() => rm(folder, { recursive: true }));

  function tokenrack(...args: readonly string[]): Promise<Ran> {
    return runTokenrack(args, { cwd: folder });
  }

  it('makes tables and a page of the builds that are there, one object as JSON', async () => {
    const { code, out, err } = await tokenrack(
      'model',
      'tables',
      model,
      '--builds',
      'builds',
      '--json',
      '--out',
      'out',
    );
    expect([code, err]).to.deep.equal([0, '']);
    const { sections, counts } = JSON.parse(out);
    expect(counts.measured.yes + counts.measured.no).to.be.above(0);
    expect(sections.map(({ title }: { title: string }) => title)).to.include.members([
      'Seed 000, quantization accuracy: little-stories',
      'Seed 004, compression from float16',
    ]);
    expect(await readFile(join(folder, 'out', 'report.html'), 'utf8')).to.contain('<h1>little-stories</h1>');
    expect(await readFile(join(folder, 'out', 'tables.txt'), 'utf8')).to.match(
      /^\d+ claims; measured: \d+ hold/m,
    );
  });

  it('says where there is no report of the model', async () => {
    const { code, err } = await tokenrack('model', 'tables', model, '--builds', 'nowhere');
    expect(code).to.equal(2);
    expect(err).to.match(/nowhere has no report of a build of this model/);
    await mkdir(join(folder, 'others'));
    await writeFile(join(folder, 'others', 'validation_report.json'), JSON.stringify(exampleReport()));
    expect((await tokenrack('model', 'tables', model, '--builds', 'others')).err).to.match(
      /others has no report/,
    );
  });

  it('looks at where the tables shall go before anything is made', async () => {
    await writeFile(join(folder, 'file'), '');
    const { code, out, err } = await tokenrack(
      'model',
      'tables',
      model,
      '--no-speed',
      '--out',
      'file/tables',
    );
    const why = `--out file/tables: ${join(folder, 'file')} is a file, no folder`;
    expect([code, out, err]).to.deep.equal([2, '', `tokenrack: config-error: ${why}\n`]);
  });

  it('chooses bits under a budget only where nothing else does', async () => {
    const refused = async (...flags: readonly string[]) => {
      const { code, err } = await tokenrack('quantize', model, '--out', 'made', '--budget', '90KB', ...flags);
      return [code, err];
    };
    expect((await refused('--bits', '4'))[1]).to.match(/without --bits, without --ladder/);
    const [code, err] = await refused('--method', 'awq');
    expect(code).to.equal(2);
    expect(err).to.match(/awq changes matrices together/);
    expect((await refused('--keep', 'lm_head=8'))[1]).to.match(/leave out --group, --keep/);
  });
});
