import { expect } from 'chai';
import { SlipDecoder, slipEncode } from './slip.js';

const packet = Uint8Array.of(1, 0xc0, 2, 0xdb, 3, 0xdc, 0xdd);

describe('SLIP', () => {
  it('escapes delimiter and escape bytes', () => {
    const hex = Buffer.from(slipEncode(packet)).toString('hex');
    expect(hex).to.equal('c001dbdc02dbdd03dcddc0');
  });

  it('gives back the packets whatever pieces the bytes come in', () => {
    const stream = Buffer.concat([Buffer.from('noise'), slipEncode(packet), slipEncode(Uint8Array.of(9))]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const decoder = new SlipDecoder(64);
      const packets = [...decoder.push(stream.subarray(0, cut)), ...decoder.push(stream.subarray(cut))];
      expect(packets, `cut at ${cut}`).to.deep.equal([packet, Uint8Array.of(9)]);
    }
  });

  it('drops a frame with a wrong escape, and takes the next one', () => {
    const decoder = new SlipDecoder(64);
    const bad = Uint8Array.of(0xc0, 1, 0xdb, 0x00, 2, 0xc0);
    expect(decoder.push(Buffer.concat([bad, slipEncode(packet)]))).to.deep.equal([packet]);
  });

  it('drops a frame that is too long, and takes the next one', () => {
    const decoder = new SlipDecoder(8);
    const long = slipEncode(new Uint8Array(9));
    expect(decoder.push(Buffer.concat([long, slipEncode(packet)]))).to.deep.equal([packet]);
  });
});
