import { Tokenizer as Library } from '@huggingface/tokenizers';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { refusal } from './model-fixtures.js';
import { randomBits } from './random-bits.js';
import { byteLevelTokenizerJson, llama2cFile, llamaTokenizerJson, PIECES } from './tokenizer-fixtures.js';
import { huggingFaceTokenizer } from './tokenizer-huggingface.js';
import { llama2cTokenizer } from './tokenizer-llama2c.js';

function* randomTexts(seed: number, count: number): Generator<string> {
  const next = randomBits(seed);
  const letters = ['the', ' the', ' a', 'and', 'winter', 'cé', 'é', 'ü', '🦊', '\n', ',', '.', ' ', 'house'];
  for (let i = 0; i < count; i++) {
    yield Array.from({ length: 1 + (next() % 12) }, () => letters[next() % letters.length]).join('');
  }
}

describe('huggingFaceTokenizer, of Llama’s kind', () => {
  const tokenizer = huggingFaceTokenizer(llamaTokenizerJson(), undefined, 'tokenizer.json');

  it('agrees with llama2.c’s algorithm on the same vocabulary', () => {
    const other = llama2cTokenizer(llama2cFile(), 'tok.bin');
    expect(tokenizer.vocabSize).to.equal(other.vocabSize);
    for (const text of randomTexts(12, 500)) {
      expect(tokenizer.encode(text), JSON.stringify(text)).to.deep.equal(other.encode(text));
      expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text);
    }
    for (let id = 0; id < PIECES.length; id++) {
      expect(Buffer.from(tokenizer.tokenBytes(id)), PIECES[id]!).to.deep.equal(
        Buffer.from(other.tokenBytes(id)),
      );
    }
  });

  it('decodes as the library does', () => {
    const library = new Library(llamaTokenizerJson(), { clean_up_tokenization_spaces: false });
    for (const text of randomTexts(13, 100)) {
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).to.equal(library.decode(ids, { skip_special_tokens: true }));
    }
  });

  it('puts a beginning token in front when only tokenizer_config.json asks for it, and never two', () => {
    const plain = { ...llamaTokenizerJson(), post_processor: null };
    const asks = { add_bos_token: true, bos_token: { content: '<s>' } };
    expect(huggingFaceTokenizer(plain, undefined, 'tokenizer.json').encode('the')[0]).to.equal(
      PIECES.indexOf('▁the'),
    );
    expect(huggingFaceTokenizer(plain, asks, 'tokenizer.json').encode('the')).to.deep.equal([
      1,
      PIECES.indexOf('▁the'),
    ]);
    const both = huggingFaceTokenizer(llamaTokenizerJson(), asks, 'tokenizer.json');
    expect(both.encode('the')).to.deep.equal([1, PIECES.indexOf('▁the')]);
  });

  it('refuses what it cannot do, in one line', async () => {
    const json = llamaTokenizerJson();
    const cases: readonly [unknown, RegExp][] = [
      [
        { ...json, model: { ...(json.model as object), type: 'Unigram' } },
        /model\.type: only BPE models are supported/,
      ],
      [{ ...json, decoder: { type: 'WordPiece' } }, /decoder/],
      [{ ...json, decoder: null }, /decoder/],
      [{ ...json, model: undefined }, /model is missing/],
      [[], /tokenizer\.json: /],
      [{ ...json, normalizer: { type: 'Unheard' } }, /Unknown Normalizer type: Unheard/],
    ];
    for (const [changed, message] of cases) {
      expect(
        (await refusal(() => huggingFaceTokenizer(changed, undefined, 'tokenizer.json'))).message,
      ).to.match(message);
    }
  });

  it('survives damage to its file: a tokenizer or one clear line', () => {
    const whole = JSON.stringify(llamaTokenizerJson());
    const next = randomBits(14);
    for (let i = 0; i < 200; i++) {
      const at = next() % whole.length;
      const text = whole.slice(0, at) + String.fromCharCode(32 + (next() % 90)) + whole.slice(at + 1);
      try {
        huggingFaceTokenizer(JSON.parse(text), undefined, 'tokenizer.json').encode('the winter');
      } catch (error) {
        if (!(error instanceof ConfigError) && !(error instanceof SyntaxError)) throw error;
      }
    }
  });
});

describe('huggingFaceTokenizer, byte-level', () => {
  const tokenizer = huggingFaceTokenizer(byteLevelTokenizerJson(), {}, 'tokenizer.json');

  it('gives every byte, and neither a blank nor a beginning token of its own', () => {
    const bytes = Array.from({ length: 256 }, (_, id) => tokenizer.tokenBytes(id)[0]);
    expect(new Set(bytes).size).to.equal(256);
    for (const text of [...randomTexts(15, 300), '\ufeffthe']) {
      expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text);
    }
  });

  it('shows special tokens as nothing', () => {
    const end = tokenizer.vocabSize - 1;
    expect(tokenizer.encode('a<|end|>')).to.include(end);
    expect(tokenizer.tokenBytes(end)).to.have.length(0);
  });
});
