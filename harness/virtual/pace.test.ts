import { expect } from 'chai';
import { realPace } from './pace.js';

describe('real pace', () => {
  it('sleeps until the wall clock has caught up, again when it is woken early', () => {
    let wallUs = 1_000_000;
    const sleeps: number[] = [];
    const pace = realPace(
      500,
      () => wallUs,
      (sleepMs) => {
        sleeps.push(sleepMs);
        wallUs += Math.min(sleepMs, 30) * 1000;
      },
    );
    pace.keepUp(50_500);
    expect(sleeps).to.deep.equal([50, 20]);
    expect(pace.wallUs()).to.equal(50_500);
    pace.keepUp(51_000);
    expect(sleeps.length, 'half a millisecond is not worth it').to.equal(2);
  });
});
