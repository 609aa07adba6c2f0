import { expect } from 'chai';
import { characterUs, resample } from './wire.js';

const text = Buffer.from('@{"r":"boot","n":"-","proto":1}*1234abcd\n');

describe('wire', () => {
  it('takes ten bits a character', () => {
    expect(characterUs(115_200)).to.be.closeTo(86.8, 0.01);
  });

  it('carries bytes unchanged between ends that agree to within 3 %', () => {
    expect(resample(text, 115_200, 115_200)).to.deep.equal(text);
    expect(resample(text, 115_200, 113_000)).to.deep.equal(text);
  });

  it('gives the same garbage each time between ends that do not, in either direction', () => {
    for (const [sender, receiver] of [
      [115_200, 921_600],
      [921_600, 115_200],
      [460_800, 115_200],
      [115_200, 74_880],
    ] as const) {
      const heard = resample(text, sender, receiver);
      expect(Buffer.from(heard).toString('latin1'), `${sender} -> ${receiver}`).not.to.match(/boot|proto/);
      expect(heard.length).to.be.above(0);
      expect(resample(text, sender, receiver)).to.deep.equal(heard);
    }
  });

  it('reads a slow zero byte as several characters when it samples eight times faster', () => {
    // A start bit and eight zero bits are 9 bits low: 72 fast bits, which is a break and then nothing but idle line.
    expect([...resample(Uint8Array.of(0), 115_200, 921_600)]).to.deep.equal([0]);
    // 0x55 alternates: each of its five low bits is a fast start bit with seven zeros, then ones.
    expect([...resample(Uint8Array.of(0x55), 115_200, 921_600)]).to.deep.equal([
      0x80, 0x80, 0x80, 0x80, 0x80,
    ]);
  });
});
