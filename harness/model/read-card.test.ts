import { rm, truncate, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { exportCard } from './export-card.js';
import { refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { readCheckpoint } from './read-checkpoint.js';

describe('readCard, without a manifest', () => {
  const at = temporaryFolder();
  const message = async () => (await refusal(() => readCheckpoint(at('card')))).message;

  beforeEach(async () => {
    await rm(at('card'), { recursive: true, force: true });
    await exportCard(smallModel(), at('card'));
    await rm(at('card', 'manifest.json'));
  });

  it('names a tensor of the wrong size, with both sizes', async () => {
    await truncate(at('card', 'v_proj.bin'), 700);
    expect(await message()).to.equal(
      `${at('card', 'v_proj.bin')} has 700 bytes, but (2, 8, 12) in float32 takes 768`,
    );
  });

  it('names a tensor that is missing', async () => {
    await rm(at('card', 'lm_head.bin'));
    expect(await message()).to.equal(`${at('card', 'lm_head.bin')} is missing from the card folder`);
  });

  it('names the element that is not finite', async () => {
    const values = new Float32Array(12);
    values[11] = Number.POSITIVE_INFINITY;
    await writeFile(at('card', 'final_norm.bin'), new Uint8Array(values.buffer));
    expect(await message()).to.contain('weight final_norm[11] is Infinity');
  });

  it('refuses a weight format that it does not know', async () => {
    await writeFile(at('card', 'model_config.json'), '{"weight_format":"int3","hidden_size":12}');
    expect(await message()).to.match(/model_config\.json: /);
  });
});
