import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { checkModels } from './doctor-models.js';

describe('checkModels', () => {
  it('says where real models are looked for, and which are missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-doctor-models-'));
    const models = join(folder, 'models');
    const said = () => checkModels(readEnvironment({ TOKENRACK_MODELS: models }));
    const without = 'tests of them are skipped, scenarios take seeded weights';
    const fine = (message: string) => ({ check: 'models', state: 'ok', message });
    expect(said()).to.deep.equal(fine(`no folder ${models} (TOKENRACK_MODELS): ${without}`));
    await mkdir(join(models, 'tinyllm-stories'), { recursive: true });
    for (const name of ['stories260K.bin', 'tok512.bin']) await writeFile(join(models, name), '');
    expect(said()).to.deep.equal(fine(`${models} is without llama2-tokenizer-32000.bin: ${without}`));
    await writeFile(join(models, 'llama2-tokenizer-32000.bin'), '');
    expect(said()).to.deep.equal(fine(`${models} has all 4`));
    await rm(folder, { recursive: true });
  });
});
