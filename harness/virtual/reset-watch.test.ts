import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { HANG_GRACE_MS, ResetWatch, type UnnoticedReset } from './reset-watch.js';
import type { HostMessage } from './thread-messages.js';

const lines = { dtr: false, rts: true };
const released: HostMessage = { kind: 'lines', lines: { dtr: true, rts: false }, sequence: 1 };
/** Timers may fire early by what the loop was late. */
const MARGIN_MS = 300;

describe('the watch over a reset', function () {
  this.timeout(30_000);
  let hung: UnnoticedReset[];
  let watch: ResetWatch;
  beforeEach(() => {
    hung = [];
    watch = new ResetWatch((reset) => hung.push(reset));
  });
  afterEach(() => watch.end());

  async function untilHung(times: number): Promise<number> {
    const startedAt = performance.now();
    while (hung.length < times) await sleep(5);
    return performance.now() - startedAt;
  }

  it('tells of a thread that does not notice, with what came after', async () => {
    watch.threadRuns();
    expect(watch.reset(lines)).to.equal(1);
    watch.sent(released);
    expect(await untilHung(1)).to.be.greaterThan(HANG_GRACE_MS - MARGIN_MS);
    expect(hung).to.have.length(1);
    expect(hung[0]).to.deep.include({ lines, messages: [released] });
  });

  it('lets a thread start for as long as that takes, whatever the lines do meanwhile', async () => {
    watch.threadStarts();
    for (let reset = 0; reset < 3; reset++) {
      watch.reset(lines);
      await sleep(HANG_GRACE_MS / 2);
    }
    expect(hung).to.deep.equal([]);
    watch.threadRuns();
    expect(await untilHung(1)).to.be.greaterThan(HANG_GRACE_MS - MARGIN_MS);
  });

  it('counts from the first of several resets that are not noticed', async () => {
    watch.threadRuns();
    watch.reset(lines);
    await sleep(0.9 * HANG_GRACE_MS);
    watch.reset(lines);
    expect(await untilHung(1)).to.be.lessThan(0.9 * HANG_GRACE_MS);
  });

  it('is over when the last reset is noticed, and begins again when it was an earlier one', async () => {
    watch.threadRuns();
    const first = watch.reset(lines);
    const last = watch.reset(lines);
    await sleep(HANG_GRACE_MS / 2);
    watch.noticed(first);
    expect(await untilHung(1)).to.be.greaterThan(HANG_GRACE_MS - MARGIN_MS);
    watch.reset(lines);
    watch.noticed(last + 1);
    await sleep(2 * HANG_GRACE_MS + MARGIN_MS);
    expect(hung).to.have.length(1);
  });

  it('gives the next thread twice as long, until one notices', async () => {
    watch.threadRuns();
    watch.reset(lines);
    await untilHung(1);
    watch.threadStarts();
    watch.threadRuns();
    watch.reset(lines);
    expect(await untilHung(2)).to.be.greaterThan(2 * HANG_GRACE_MS - MARGIN_MS);
  });
});
