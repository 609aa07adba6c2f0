import { expect } from 'chai';
import { parseTimes } from './times.js';

describe('TOKENRACK_TIMES', () => {
  it('gives milliseconds for the times that are named, and nothing for the others', () => {
    expect(parseTimes('lease=2 away=0.5')).to.deep.equal({ leaseTtlMs: 2000, hostAwayMs: 500 });
    expect(parseTimes('')).to.deep.equal({});
  });

  it('refuses what it does not know, and times that are none', () => {
    for (const text of ['leese=2', 'lease', 'lease=0', 'lock=-1', 'away=soon', 'toString=3']) {
      expect(() => parseTimes(text), text).to.throw(`TOKENRACK_TIMES: "${text}" is none of lease=SECONDS`);
    }
  });
});
