import { expect } from 'chai';
import { endOfNight } from './night-times.js';

const now = new Date(2026, 10, 21, 22, 30);

describe('the end of a night', () => {
  it('is the next time that the clock shows it', () => {
    expect(endOfNight({ until: '06:00' }, now)).to.equal(new Date(2026, 10, 22, 6, 0).getTime());
    expect(endOfNight({ until: '23:15' }, now)).to.equal(new Date(2026, 10, 21, 23, 15).getTime());
  });

  it('is the earlier of a time and a budget', () => {
    expect(endOfNight({ until: '06:00', budget: '90m' }, now)).to.equal(now.getTime() + 5_400_000);
    expect(endOfNight({ until: '2026-11-21T22:45', budget: '1.5h' }, now)).to.equal(
      new Date(2026, 10, 21, 22, 45).getTime(),
    );
    expect(endOfNight({}, now)).to.equal(undefined);
  });

  it('is refused when it is none, or over', () => {
    for (const flags of [
      { until: '25:00' },
      { until: 'soon' },
      { budget: '6' },
      { budget: '-1h' },
      { budget: '0s' },
      { until: '2020-01-01' },
    ])
      expect(() => endOfNight(flags, now), JSON.stringify(flags))
        .to.throw(/--(until|budget)/)
        .with.property('code', 'bad-time');
  });
});
