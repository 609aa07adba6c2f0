import { expect } from 'chai';
import { VirtualClock } from './clock.js';

describe('virtual clock', () => {
  it('moves only when it is charged, and never back', () => {
    const seen: number[] = [];
    const clock = new VirtualClock(100, (totalUs) => seen.push(totalUs));
    clock.advance(5);
    clock.advanceTo(90);
    clock.advance(0);
    clock.advanceTo(200);
    expect(clock.totalUs).to.equal(200);
    expect(seen).to.deep.equal([105, 200]);
  });

  it('gives the firmware the time since its reset', () => {
    const clock = new VirtualClock();
    clock.advance(10);
    clock.restart();
    clock.advance(3);
    expect(clock.sinceResetUs).to.equal(3);
    expect(clock.totalUs).to.equal(13);
  });

  it('refuses an amount that is no duration', () => {
    const clock = new VirtualClock();
    for (const us of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.advance(us), String(us)).to.throw(RangeError);
    }
  });
});
