import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../../model/model-fixtures.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
import { packageRoot } from '../../paths.js';
import { writeQuantizedFolder } from '../folders/write-quantized-folder.js';
import { quantizeCheckpoint } from '../quantize-checkpoint.js';
import { recipeSchema } from '../recipe.js';
import { Lab } from './lab.js';

describe('an original that is a build itself', () => {
  const at = temporaryFolder();

  it('is scored and timed in float32 all the same', async () => {
    const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');
    const recipe = recipeSchema.parse({ method: 'nearest', bits: 4, group: 32 });
    const build = quantizeCheckpoint(await readCheckpoint(fixture), recipe);
    const tokenizerPath = join(fixture, 'tokenizer.json');
    const { cardFolder } = await writeQuantizedFolder(build, at('build'), { tokenizerPath });
    await using lab = await Lab.open();
    const speedOf = async (path: string) => {
      const subject = await lab.subject(path);
      expect(subject.packed.weightFormat).to.equal('float32');
      const speed = await lab.baseSpeed(subject);
      if ('why' in speed) throw new Error(speed.why);
      return speed.figures.tokensPerSecond;
    };
    const float32 = await speedOf(fixture);
    for (const path of [at('build'), cardFolder!]) expect(await speedOf(path)).to.be.closeTo(float32, 1);
  });
});
