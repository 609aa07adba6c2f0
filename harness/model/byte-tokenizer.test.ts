import { expect } from 'chai';
import { byteTokenizer } from './byte-tokenizer.js';

describe('byteTokenizer', () => {
  const tokenizer = byteTokenizer(32000);

  it('gives a text back, whatever its characters', () => {
    const text = 'Once – ünïcode';
    expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text);
  });

  it('begins with the beginning token', () => {
    expect(tokenizer.encode('A')).to.deep.equal([1, 3 + 65]);
  });

  it('prints tokens that stand for no byte as their number', () => {
    expect(tokenizer.decode([2, 3 + 65, 31999])).to.equal('A 31999');
  });
});
