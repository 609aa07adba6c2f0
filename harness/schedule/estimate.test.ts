import { expect } from 'chai';
import { expectedMs, type PastRun } from './estimate.js';

const run = (durationMs: number, endedAtMs: number, given: Partial<PastRun> = {}): PastRun => ({
  scenario: 'first light',
  boardClass: 'rev3',
  passed: true,
  durationMs,
  endedAtMs,
  ...given,
});
const wanted = { scenario: 'first light', boardClass: 'rev3' };

describe('expectedMs', () => {
  it('is the median of the last five passes on the class, in whatever order they are told', () => {
    const history = [run(9000, 1), run(50, 6), run(10, 2), run(20, 3), run(40, 5), run(30, 4)];
    expect(expectedMs(history, wanted)).to.equal(30);
    expect(expectedMs(history.toReversed(), wanted)).to.equal(30);
  });

  it('leaves out runs that failed, and other scenarios', () => {
    const history = [run(10, 1), run(5000, 2, { passed: false }), run(7000, 3, { scenario: 'formats' })];
    expect(expectedMs(history, wanted)).to.equal(10);
  });

  it('takes the scenario elsewhere when it never passed on the class', () => {
    const history = [run(70, 1, { boardClass: 'rev1' }), run(5000, 2, { passed: false })];
    expect(expectedMs(history, wanted)).to.equal(70);
  });

  it('is absent for a scenario that never passed', () => {
    expect(expectedMs([run(10, 1, { passed: false })], wanted)).to.equal(undefined);
  });
});
