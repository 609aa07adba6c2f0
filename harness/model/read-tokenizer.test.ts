import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, temporaryFolder } from './model-fixtures.js';
import { findTokenizer, readTokenizer } from './read-tokenizer.js';
import { byteLevelTokenizerJson, llama2cFile, llamaTokenizerJson, PIECES } from './tokenizer-fixtures.js';

describe('findTokenizer', () => {
  const at = temporaryFolder();
  const size = PIECES.length;

  before(async () => {
    await mkdir(at('models', 'inner'), { recursive: true });
    await writeFile(at('models', 'small.bin'), 'a model');
  });

  it('says what it looked for, where, what it found, and what to do', async () => {
    await writeFile(at('models', 'tokenizer.json'), JSON.stringify(byteLevelTokenizerJson()));
    await writeFile(at('models', 'tok-broken.bin'), 'x');
    const { code, message } = await refusal(() => findTokenizer(at('models', 'small.bin'), size));
    expect(code).to.equal('tokenizer-missing');
    expect(message).to.equal(
      `no tokenizer of ${size} tokens for ${at('models', 'small.bin')}: looked for tokenizer.json, tokenizer.bin, tok*.bin ` +
        `and *tokenizer*.bin in ${at('models')} and ${at()} (found ${at('models', 'tokenizer.json')}: 261 tokens, ` +
        `${at('models', 'tok-broken.bin')}: unreadable); name one with --tokenizer`,
    );
  });

  it('finds one in the parent folder, then one beside the model, then one in the model’s own folder', async () => {
    await writeFile(at('my-tokenizer-v2.bin'), llama2cFile());
    expect(await findTokenizer(at('models', 'small.bin'), size)).to.equal(at('my-tokenizer-v2.bin'));
    await writeFile(at('models', 'tok9.bin'), llama2cFile());
    expect(await findTokenizer(at('models', 'small.bin'), size)).to.equal(at('models', 'tok9.bin'));
    expect(await findTokenizer(at('models', 'inner'), size)).to.equal(at('models', 'tok9.bin'));
    await writeFile(at('models', 'inner', 'tokenizer.json'), JSON.stringify(llamaTokenizerJson()));
    expect(await findTokenizer(at('models', 'inner'), size)).to.equal(
      at('models', 'inner', 'tokenizer.json'),
    );
  });
});

describe('readTokenizer', () => {
  const at = temporaryFolder();

  it('takes tokenizer_config.json from beside the file, or a whole folder', async () => {
    await writeFile(at('tokenizer.json'), JSON.stringify({ ...llamaTokenizerJson(), post_processor: null }));
    await writeFile(at('tokenizer_config.json'), '{"add_bos_token": true, "bos_token": "<s>"}');
    expect((await readTokenizer(at('tokenizer.json'))).encode('the')[0]).to.equal(1);
    expect((await readTokenizer(at())).path).to.equal(at('tokenizer.json'));
  });

  it('refuses another number of tokens than the model has', async () => {
    await writeFile(at('tok.bin'), llama2cFile());
    expect((await readTokenizer(at('tok.bin'), PIECES.length)).vocabSize).to.equal(PIECES.length);
    expect((await refusal(() => readTokenizer(at('tok.bin'), 512))).message).to.equal(
      `${at('tok.bin')} has ${PIECES.length} tokens, but the model's vocabulary has 512`,
    );
  });

  it('names a missing file, and the line of broken JSON', async () => {
    expect((await refusal(() => readTokenizer(at('no.bin')))).message).to.equal(
      `no such file: ${at('no.bin')}`,
    );
    await writeFile(at('broken.json'), '{\n"model": oops}');
    expect((await refusal(() => readTokenizer(at('broken.json')))).message).to.match(
      /broken\.json:2: not JSON: unexpected "o"/,
    );
  });
});
