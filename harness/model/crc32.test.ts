import { expect } from 'chai';
import { crc32, crc32Hex } from './crc32.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('crc32', () => {
  it('gives the published check value', () => {
    expect(crc32Hex(bytes('123456789'))).to.equal('cbf43926');
    expect(crc32Hex(bytes(''))).to.equal('00000000');
  });

  it('goes on from a previous result', () => {
    expect(crc32(bytes('6789'), crc32(bytes('12345')))).to.equal(0xcbf43926);
  });
});
