import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { modelInfo } from './model-info.js';
import { readCheckpoint } from './read-checkpoint.js';
import { findTokenizer, readTokenizer } from './read-tokenizer.js';

interface Expected {
  readonly [prompt: string]: { readonly prompt: number[]; readonly tokens: number[]; readonly text: string };
}

describe('real models', () => {
  const folder = readEnvironment().modelsFolder;
  const at = (...names: string[]) => join(folder!, ...names);

  before(function () {
    if (folder !== undefined) return;
    console.log('    (no real models here: set TOKENRACK_MODELS to try these)');
    this.skip();
  });

  it('stories260K: llama2.c checkpoint and tokenizer, found beside it', async () => {
    const { name, config } = await readCheckpoint(at('stories260K.bin'));
    expect(name).to.equal('stories260K');
    expect(config).to.deep.include({
      hiddenSize: 64,
      ffnSize: 172,
      layers: 5,
      heads: 8,
      kvHeads: 4,
      tiedHead: true,
    });
    expect(await findTokenizer(at('stories260K.bin'), config.vocabSize)).to.equal(at('tok512.bin'));
    const tokenizer = await readTokenizer(at('tok512.bin'));
    expect(tokenizer.encode('Once upon a time')).to.deep.equal([1, 403, 407, 261, 378]);
    expect(tokenizer.decode([1, 403, 407, 261, 378])).to.equal('Once upon a time');
  });

  it('tinyllm-stories: bfloat16 safetensors, and the 32000-token tokenizer in the parent folder', async () => {
    const { config, source } = await readCheckpoint(at('tinyllm-stories'));
    expect(source.dtype).to.equal('bfloat16');
    expect(modelInfo(config).parameters).to.equal(12_988_992);
    const path = await findTokenizer(at('tinyllm-stories'), config.vocabSize);
    expect(path).to.equal(at('llama2-tokenizer-32000.bin'));
    const tokenizer = await readTokenizer(path);
    const expected: Expected = JSON.parse(await readFile(at('tinyllm-stories', 'expected.json'), 'utf8'));
    for (const [text, { prompt, tokens, text: whole }] of Object.entries(expected)) {
      expect(tokenizer.encode(text)).to.deep.equal(prompt);
      expect(tokenizer.decode([...prompt, ...tokens])).to.equal(whole);
    }
  });
});
