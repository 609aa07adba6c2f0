import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../paths.js';
import { TENSOR_NAMES } from '../checkpoint.js';
import { readCheckpoint } from '../read-checkpoint.js';
import { readTokenizer } from '../read-tokenizer.js';
import { encodeStories } from './documents.js';
import { evaluate } from './evaluate.js';
import { createParameters, type Parameters } from './parameters.js';
import { CONFIG, heldOutStories, RECIPE, trainingStories } from './recipe.js';

const folder = join(packageRoot, 'fixtures/models', RECIPE.name);
const FILES = ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json'];

describe('the committed fixture model', () => {
  it('has the shape of the recipe, and its README counts its parameters', async () => {
    const model = await committedModel();
    expect(model.config).to.deep.include({ ...CONFIG });
    expect(model.values).to.have.lengthOf(114_880);
    expect(await readFile(join(folder, 'README.md'), 'utf8')).to.include('114,880 parameters');
  });

  it('takes at most 600 KB', async () => {
    const sizes = await Promise.all(FILES.map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.at.most(600_000);
  });

  for (const name of ['model.safetensors', 'tokenizer.json']) {
    it(`is the ${name} that its README was written for`, async () => {
      const hash = createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex');
      expect(await readFile(join(folder, 'README.md'), 'utf8')).to.include(`| ${name} | ${hash} |`);
    });
  }

  it('has the held-out perplexity that its README claims, far below the unigram baseline', async () => {
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    const heldOut = heldOutStories(trainingStories());
    const { documents } = encodeStories(heldOut, await readTokenizer(folder), RECIPE.longestStoryTokens);
    const checked = documents.slice(0, RECIPE.checkedStories);
    const measured = evaluate(await committedModel(), checked);
    expect(claimed(readme, 'the first 40 stories')).to.equal(measured.perplexity.toFixed(4));
    expect(measured.perplexity).to.be.below(Number(claimed(readme, 'unigram baseline')) / 20);
  }).timeout(30_000);
});

/** The last cell of a row of the README's table of figures. */
function claimed(readme: string, label: string): string | undefined {
  return readme
    .split('\n')
    .find((line) => line.startsWith(`| ${label}`))
    ?.split('|')
    .at(-2)
    ?.trim();
}

async function committedModel(): Promise<Parameters> {
  const { config, tensors } = await readCheckpoint(folder);
  const model = createParameters(config, (length) => new Float32Array(length));
  for (const name of TENSOR_NAMES) model.tensors[name].set(tensors[name]);
  return model;
}
