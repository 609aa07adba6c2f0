import { Tokenizer } from '@huggingface/tokenizers';
import { expect } from 'chai';
import { bytePairEncoder } from './byte-pair-encoder.js';
import { collectStories } from './corpus.js';
import { tokenizerJson } from './tokenizer-json.js';
import { type BytePairModel, bytePiece, trainTokenizer } from './train-tokenizer.js';

describe('the tokenizer trainer', () => {
  const texts = collectStories(3, 1500).map(({ text }) => text);
  const model = trainTokenizer(texts, 512);
  const encoder = bytePairEncoder(model);

  it('merges the commonest pair first, and of equals the first in code-unit order', () => {
    // ▁ab three times, ▁cb twice: "a b" and "▁ a" occur three times each
    const { merges } = trainTokenizer(['ab ab ab cb cb'], 259 + 4 + 2);
    expect(merges).to.deep.equal([
      ['a', 'b'],
      ['▁', 'ab'],
    ]);
  });

  it('lays out specials, bytes, characters and merged pieces as Llama does', () => {
    expect(model.pieces).to.have.lengthOf(512);
    expect(new Set(model.pieces).size).to.equal(512);
    expect(model.pieces.slice(0, 4)).to.deep.equal(['<unk>', '<s>', '</s>', '<0x00>']);
    expect(model.pieces[258]).to.equal(bytePiece(255));
    expect(model.pieces).to.include('▁the');
  });

  it('never merges across words or with punctuation', () => {
    for (const piece of model.pieces.slice(259)) expect(piece).to.match(/^(▁?[A-Za-z]*|[,.?!])$/);
  });

  it('refuses a vocabulary that bytes and characters alone exceed, and texts too poor to fill it', () => {
    expect(() => trainTokenizer(['abc'], 260)).to.throw(RangeError, 'bytes and characters alone take 263');
    expect(() => trainTokenizer(['abc'], 300)).to.throw(RangeError, 'too few different words for 300 pieces');
  });

  it('gives the text back', () => {
    for (const text of [...texts.slice(0, 200), 'Żółw 7 → naïve', '', ' two  blanks ']) {
      expect(encoder.decode(encoder.encode(text))).to.equal(text);
    }
  });

  it('encodes as the published tokenizer library does with the file it writes', () => {
    const published = publishedTokenizer(model);
    const odd = [
      'Hello, how are you?',
      'xyzzy QUIZ 42%',
      'Żółw 🙂 naïve',
      ' lead',
      'a  b',
      'foxfoxfox',
      'aaaaaaaa',
      'nn\nn',
    ];
    for (const text of [...texts.slice(0, 400), ...odd]) {
      const { ids } = published.encode(text);
      expect(ids, text).to.deep.equal(encoder.encode(text));
      expect(
        published.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
      ).to.equal(text);
    }
  });
});

function publishedTokenizer(model: BytePairModel): Tokenizer {
  return new Tokenizer(JSON.parse(tokenizerJson(model)), {});
}
