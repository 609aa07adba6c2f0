import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { writeQuantizedFolder } from '../quantization/folders/write-quantized-folder.js';
import { quantizeCheckpoint } from '../quantization/quantize-checkpoint.js';
import { recipeSchema } from '../quantization/recipe.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const NOTE = /^note: build is stored as int4: all its matrices are rounded a second time, to int8\n/m;

/** The real program, over a folder with codes that a plain rounding of their values does not give back. */
describe('tokenrack over a build', () => {
  let folder = '';
  let card = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-stored-build-'));
    const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');
    const recipe = recipeSchema.parse({ method: 'clip', bits: 4, group: 32 });
    const tokenizerPath = join(fixture, 'tokenizer.json');
    const model = quantizeCheckpoint(await readCheckpoint(fixture), recipe);
    const written = await writeQuantizedFolder(model, join(folder, 'build'), { tokenizerPath });
    card = written.cardFolder!;
  });
  after(() => rm(folder, { recursive: true }));

  function tokenrack(...args: readonly string[]): Promise<Ran> {
    return runTokenrack(args, { cwd: folder });
  }

  const filesOf = async (at: string) =>
    Promise.all(
      (await readdir(at)).map(async (name) => [name, (await readFile(join(at, name))).toString('hex')]),
    );

  it('exports its own card, whether its format is named or not, and a card’s too', async () => {
    const expected = await filesOf(card);
    for (const what of [['build'], ['build', '--format', 'int4'], [card, '--format', 'int4']]) {
      const { code, err } = await tokenrack('model', 'export', ...what, '--out', 'out');
      expect([code, err]).to.deep.equal([0, '']);
      expect(await filesOf(join(folder, 'out')), what.join(' ')).to.deep.equal(expected);
    }
  });

  it('says on standard error what it rounds a second time', async () => {
    const { code, out, err } = await tokenrack(
      'model',
      'export',
      'build',
      '--format',
      'int8',
      '--out',
      'eight',
    );
    expect(code).to.equal(0);
    expect(err).to.match(NOTE);
    expect(out).not.to.contain('note:');
  });

  it('quantizes it a second time only with a word of it, which is no part of the object', async () => {
    const ask = ['--method', 'clip', '--bits', '8', '--group', 'tensor', '--no-validate', '--json'];
    const { code, out, err } = await tokenrack('quantize', 'build', '--out', 'again', ...ask);
    expect(code, err).to.equal(0);
    expect(err).to.match(NOTE);
    expect(JSON.parse(out)).to.include({ quantize: 1 });
  });

  it('runs the build itself without a format, and another only with a word of it', async () => {
    const ask = ['--prompt', 'Once', '--tokens', '2', '--repeats', '1', '--warmups', '0', '--json'];
    const run = (...args: readonly string[]) => tokenrack('run', '--model', 'build', ...args, ...ask);
    const own = await run();
    expect(own.err).not.to.contain('note:');
    const plan = await planOf(own.out);
    expect(plan.format).to.equal('int4');
    const heads = [plan.card.folder, card].map((at) => readFile(join(at, 'lm_head.bin'), 'hex'));
    expect(await heads[0]).to.equal(await heads[1]);
    const other = await run('--format', 'int8');
    expect(other.err).to.match(NOTE);
    expect((await planOf(other.out)).format).to.equal('int8');
  });

  async function planOf(out: string) {
    const { verdict, run } = JSON.parse(out);
    expect(verdict).to.equal('pass');
    return JSON.parse(await readFile(resolve(folder, run.folder, 'plan.json'), 'utf8'));
  }
});
