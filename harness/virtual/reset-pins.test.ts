import { expect } from 'chai';
import { ResetPins } from './reset-pins.js';

const lines = (dtr: boolean, rts: boolean) => ({ dtr, rts });

describe('reset pins', () => {
  it('hold the chip while RTS is asserted, and start from flash when both are released', () => {
    const pins = new ResetPins(lines(false, false));
    expect(pins.apply(lines(true, true))).to.equal('held');
    expect(pins.held).to.equal(true);
    expect(pins.apply(lines(false, false))).to.equal('flash');
  });

  it('select the loader when DTR is asserted as RTS is released', () => {
    const pins = new ResetPins(lines(false, false));
    expect(pins.apply(lines(false, true))).to.equal('held');
    expect(pins.apply(lines(true, false))).to.equal('download');
    expect(pins.apply(lines(false, false)), 'IO0 matters only while EN rises').to.equal('none');
  });

  it('do nothing when only DTR moves', () => {
    const pins = new ResetPins(lines(false, false));
    expect(pins.apply(lines(true, false))).to.equal('none');
    pins.apply(lines(true, true));
    expect(pins.apply(lines(false, true)), 'still held').to.equal('none');
  });
});
