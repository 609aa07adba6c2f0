import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { refusal } from './model-fixtures.js';
import { randomBits } from './random-bits.js';
import { llama2cFile, PIECES } from './tokenizer-fixtures.js';
import { llama2cTokenizer } from './tokenizer-llama2c.js';

describe('llama2cTokenizer', () => {
  const tokenizer = llama2cTokenizer(llama2cFile(), 'tok.bin');
  const pieces = (text: string) => tokenizer.encode(text).map((id) => PIECES[id]);

  it('puts the beginning token and a blank in front, and joins the best neighbours first', () => {
    expect(pieces('the winter')).to.deep.equal(['<s>', '▁the', '▁', 'w', 'in', 't', 'er']);
    expect(pieces('')).to.deep.equal(['<s>']);
    expect(tokenizer.vocabSize).to.equal(PIECES.length);
  });

  it('falls back to the bytes of what is no piece', () => {
    expect(pieces('aü\n')).to.deep.equal(['<s>', '▁a', '<0xC3>', '<0xBC>', '<0x0A>']);
    expect(pieces('cé')).to.deep.equal(['<s>', '▁', 'cé']);
  });

  it('never makes a special token out of text', () => {
    for (const text of ['<s>', '</s>', '<unk>', '<0x41>', '\n<s>\n']) {
      const ids = tokenizer.encode(text);
      expect(ids.filter((id) => id < 3)).to.deep.equal([1]);
      expect(tokenizer.decode(ids)).to.equal(text);
    }
  });

  it('never joins pieces to a special token, though they would spell one', () => {
    const extra = [...'<unk>', '<u', '<un', '<unk'].map((piece) => {
      const record = Buffer.alloc(8);
      record.writeInt32LE(piece.length, 4);
      return Buffer.concat([record, Buffer.from(piece)]);
    });
    const trap = llama2cTokenizer(Buffer.concat([llama2cFile(), ...extra]), 'tok.bin');
    const ids = trap.encode('<unk>');
    expect(ids).to.include(trap.vocabSize - 1);
    expect(ids).not.to.include(0);
    expect(trap.decode(ids)).to.equal('<unk>');
  });

  it('gives the exact bytes of each token', () => {
    expect([...tokenizer.tokenBytes(3)]).to.deep.equal([0]);
    expect([...tokenizer.tokenBytes(258)]).to.deep.equal([255]);
    expect(Buffer.from(tokenizer.tokenBytes(PIECES.indexOf('▁the'))).toString()).to.equal(' the');
    for (const special of [0, 1, 2]) expect(tokenizer.tokenBytes(special)).to.have.length(0);
    for (const none of [-1, PIECES.length, 1.5]) {
      expect(Buffer.from(tokenizer.tokenBytes(none)).toString()).to.equal('\ufffd');
    }
  });

  it('decodes what it encoded, whatever the text', () => {
    const next = randomBits(10);
    const letters = ['the', ' ', 'a', 'é', 'ü', '🦊', '\n', '<s>', 'w', '▁', 'nd', '\u0000', '\ufeff'];
    for (let i = 0; i < 500; i++) {
      const text = Array.from({ length: next() % 12 }, () => letters[next() % letters.length]).join('');
      // The mark ▁ is a character like any other here: only tokenizer.json spells the blank with it.
      expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text);
    }
  });

  it('keeps a character that two tokens share whole in a streaming decoder', () => {
    const decoder = new TextDecoder();
    const shown = tokenizer
      .encode('🦊')
      .map((id) => decoder.decode(tokenizer.tokenBytes(id), { stream: true }));
    expect(shown).to.deep.equal(['', ' ', '', '', '', '🦊']);
  });

  it('refuses every truncated file, and survives every turned bit', async () => {
    const whole = llama2cFile();
    expect((await refusal(() => llama2cTokenizer(Buffer.from('Once upon a time'), 'x'))).code).to.equal(
      'tokenizer-invalid',
    );
    const next = randomBits(11);
    for (let i = 0; i < 300; i++) {
      const cut = next() % 3000;
      expect((await refusal(() => llama2cTokenizer(whole.subarray(0, cut), 'x'))).code).to.equal(
        'tokenizer-invalid',
      );
      const bytes = Buffer.from(whole);
      bytes[next() % bytes.length]! ^= 1 << (next() % 8);
      try {
        llama2cTokenizer(bytes, 'x').encode('the winter and the sun');
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }
  });
});
