import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const fixtureModel = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** Each case runs the real program in a folder of its own. */
describe('tokenrack model', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-model-cli-'));
  });
  after(() => rm(folder, { recursive: true }));

  function model(...args: readonly string[]): Promise<Ran> {
    return runTokenrack(['model', ...args], { cwd: folder });
  }

  async function refused(message: RegExp, ...args: readonly string[]): Promise<void> {
    const { code, out, err } = await model(...args);
    expect(err).to.match(message);
    expect([code, out]).to.deep.equal([2, '']);
  }

  const sameFiles = async (first: string, second: string) => {
    const names = await readdir(join(folder, first));
    expect(await readdir(join(folder, second))).to.deep.equal(names);
    for (const name of names) {
      const [a, b] = await Promise.all([first, second].map((at) => readFile(join(folder, at, name))));
      expect(a!.equals(b!), name).to.equal(true);
    }
  };

  it('exports a card in any format, to a folder that is named by it unless another is given', async () => {
    const { code, out } = await model('export', fixtureModel, '--format', 'int8');
    expect(code).to.equal(0);
    expect(out).to.match(/quantization_scales\.json/);
    expect(out).to.match(/tinyllm_weights: manifest [0-9a-f]{8}; tokenizer .*tokenizer\.json/);
    expect(out).to.match(/weights in int8: \d\.\d\d MiB, 4\.0x smaller than float32, \d\.\d\d MiB saved\n$/);
    await model('export', fixtureModel, 'named', '--format', 'int8');
    await model('export', fixtureModel, '--out', 'out', '--format', 'int8');
    await sameFiles('tinyllm_weights', 'named');
    await sameFiles('tinyllm_weights', 'out');
  });

  it('gives tensors formats of their own, which info shows beside those of one format', async () => {
    const tensors = ['--tensor', 'lm_head=int4', '--tensor', 'k_proj=ternary'];
    const { out } = await model('export', fixtureModel, '--format', 'int8', ...tensors);
    expect(out).to.match(/tinyllm_mixed_weights: manifest/);
    const { code, out: info } = await model('info', 'tinyllm_mixed_weights');
    expect(code).to.equal(0);
    expect(info).to.match(/^tinyllm_mixed_weights \(card, mixed\)/);
    const sizes = /^(\S.*?) {2,}([\d,]+) +\d+\.\d\d +\d+\.\d\d +(\d+\.\d)x$/gm;
    const rows = [...info.matchAll(sizes)].map(([, format, bytes]) => [
      format,
      Number(bytes!.replaceAll(',', '')),
    ]);
    const found = Object.fromEntries(rows);
    expect(Object.keys(found)).to.have.length(11);
    const bins = (await readdir(join(folder, 'tinyllm_mixed_weights'))).filter((name) =>
      name.endsWith('.bin'),
    );
    const contents = await Promise.all(
      bins.map((name) => readFile(join(folder, 'tinyllm_mixed_weights', name))),
    );
    const bytes = contents.reduce((sum, { length }) => sum + length, 0);
    expect(found['mixed (this card)']).to.equal(bytes);
    const json = JSON.parse((await model('info', 'tinyllm_mixed_weights', '--json')).out);
    expect(json.source).to.include({ format: 'card', dtype: 'mixed' });
    expect(json.sizes.map(({ format }: { format: string }) => format)).to.deep.equal(Object.keys(found));
    expect(json.sizes.at(-1).bytes).to.equal(bytes);
  });

  it('copies a card as it is, and packs anew only what shall differ', async () => {
    await model('export', fixtureModel, 'card', '--format', 'int8');
    await model('export', 'card', 'copy');
    await sameFiles('card', 'copy');
    await model('export', 'card', 'other', '--tensor', 'o_proj=int2');
    const file = async (at: string, name: string) => (await readFile(join(folder, at, name))).toString('hex');
    expect(await file('other', 'q_proj.bin')).to.equal(await file('card', 'q_proj.bin'));
    expect(await file('other', 'o_proj.bin')).not.to.equal(await file('card', 'o_proj.bin'));
  });

  it('refuses tensors and formats that there are not, naming those that there are', async () => {
    await refused(/Allowed choices are float32, .*binary/, 'export', fixtureModel, '--format', 'int5');
    const tensor = (text: string) => ['export', fixtureModel, '--tensor', text];
    await refused(/no weight format is called int3; there are float32/, ...tensor('lm_head=int3'));
    await refused(/no matrix is called head; there are embed_tokens/, ...tensor('head=int4'));
    await refused(/norm1 is always float32/, ...tensor('norm1=int4'));
    await refused(/MATRIX=FORMAT is needed, such as lm_head=int4/, ...tensor('lm_head'));
  });

  it('refuses two folders for one card', () =>
    refused(/the card folder is named twice: a and --out b/, 'export', fixtureModel, 'a', '--out', 'b'));

  it('exports a GGUF file, which is read as the same model', async () => {
    const { code, out } = await model('export', fixtureModel, '--gguf', 'F32');
    expect(code).to.equal(0);
    expect(out).to.match(/^wrote little-stories-F32\.gguf \(F32, \d+ bytes\)\n/);
    const original = JSON.parse((await model('info', fixtureModel, '--json')).out);
    const found = JSON.parse((await model('info', 'little-stories-F32.gguf', '--json')).out);
    expect(found.hash).to.equal(original.hash);
    expect(found.source).to.include({ format: 'gguf', dtype: 'F32' });
    await model('export', 'little-stories-F32.gguf', '--gguf', 'Q8_0', '--out', 'eight.gguf');
    expect((await model('info', 'eight.gguf')).out).to.match(/^eight \(gguf, F32\+Q8_0\)/);
  });

  it('refuses a GGUF file with weight formats of cards, or of a type that there is not', async () => {
    const gguf = (...flags: string[]) => ['export', fixtureModel, '--gguf', ...flags];
    await refused(/leave --format and --tensor out/, ...gguf('F16', '--format', 'int8'));
    await refused(/Allowed choices are F32, F16, Q8_0/, ...gguf('Q4_K'));
    await refused(
      /the file is named twice: a\.gguf and --out b\.gguf/,
      ...['export', fixtureModel, 'a.gguf', '--gguf', 'F16', '--out', 'b.gguf'],
    );
  });
});
