import { expect } from 'chai';
import { realPace, virtualPace } from './pace.js';

/** A wall clock that moves only while somebody sleeps, at most `wakesAfterMs` at a time. */
function sleepyClock(startUs: number, wakesAfterMs = Number.POSITIVE_INFINITY) {
  const clock = {
    us: startUs,
    sleeps: [] as number[],
    nowUs: () => clock.us,
    sleep(sleepMs: number) {
      clock.sleeps.push(sleepMs);
      clock.us += Math.min(sleepMs, wakesAfterMs) * 1000;
    },
  };
  return clock;
}

describe('real pace', () => {
  it('sleeps until the wall clock has caught up, again when it is woken early', () => {
    const clock = sleepyClock(1_000_000, 30);
    const pace = realPace(500, clock);
    pace.keepUp(50_500);
    expect(clock.sleeps).to.deep.equal([50, 20]);
    expect(pace.wallUs()).to.equal(50_500);
    pace.keepUp(51_000);
    expect(clock.sleeps.length, 'half a millisecond is not worth it').to.equal(2);
  });

  it('takes as much longer as the scale says, and knows what the wall clock stands for', () => {
    const clock = sleepyClock(7_000_000);
    const pace = realPace(1000, clock, 0.25);
    pace.keepUp(101_000);
    expect(clock.sleeps).to.deep.equal([400]);
    expect(pace.wallUs()).to.equal(101_000);
    clock.us += 4000;
    expect(pace.wallUs()).to.equal(102_000);
    expect(pace.wallMs(50), 'a wait').to.equal(200);
  });

  it('may go faster than the wall clock', () => {
    const clock = sleepyClock(0);
    realPace(0, clock, 10).keepUp(500_000);
    expect(clock.sleeps).to.deep.equal([50]);
  });

  it('lets boards of one scale end in the order of their times, however late one of them is', () => {
    const clock = sleepyClock(0);
    const [early, late] = [realPace(0, clock, 0.5), realPace(0, clock, 0.5)];
    early.keepUp(10_000);
    clock.us += 100_000;
    late.keepUp(20_000);
    expect(clock.us, 'who is behind does not sleep').to.equal(120_000);
    expect(early.wallUs()).to.equal(late.wallUs());
  });
});

describe('virtual pace', () => {
  it('never waits, and a wait of the board is one of the host', () => {
    expect(virtualPace.wallUs()).to.equal(undefined);
    expect(virtualPace.wallMs(50)).to.equal(50);
  });
});
