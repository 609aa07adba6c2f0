import { expect } from 'chai';
import { formatQuantity, parseQuantity } from './quantity.js';

describe('parseQuantity', () => {
  it('reads units of the measurement', () => {
    expect(parseQuantity('940 KB', 'bytes')).to.equal(940_000);
    expect(parseQuantity('4 MiB', 'bytes')).to.equal(4 * 1024 * 1024);
    expect(parseQuantity('1.5 s', 'us')).to.equal(1_500_000);
    expect(parseQuantity('0.1 tokens/s', 'tokens/s')).to.equal(0.1);
    expect(parseQuantity('154', 'count')).to.equal(154);
    expect(parseQuantity(12, 'bytes')).to.equal(12);
  });

  it('refuses a quantity of something else', () => {
    for (const text of ['12 s', 'many', '1..2 KB', '', '3 XB']) {
      expect(() => parseQuantity(text, 'bytes'), text).to.throw('is not a quantity in bytes');
    }
  });
});

describe('formatQuantity', () => {
  it('chooses a unit people read', () => {
    expect(formatQuantity(93_400, 'us')).to.equal('93.4 ms');
    expect(formatQuantity(45_011_872, 'us')).to.equal('45 s');
    expect(formatQuantity(735_232, 'bytes')).to.equal('735.2 KB');
    expect(formatQuantity(768, 'bytes')).to.equal('768 B');
    expect(formatQuantity(2.4312, 'tokens/s')).to.equal('2.43 tokens/s');
    expect(formatQuantity(154, 'count')).to.equal('154');
  });
});
