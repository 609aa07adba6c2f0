import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type PatienceOptions, QueuePatience } from './queue-patience.js';

const LAST_MS = 150;
/** A timer counts from the time that its turn of the event loop began at: on a busy machine it fires some milliseconds early. */
const EARLY_MS = 25;
const never = new AbortController().signal;

const patience = (more: Partial<PatienceOptions>): QueuePatience =>
  new QueuePatience({ signal: never, url: 'redis://lab', lastMs: LAST_MS, ...more });

/** What it aborts with. */
const endOf = ({ signal }: QueuePatience): Promise<unknown> =>
  signal.aborted
    ? Promise.resolve(signal.reason)
    : new Promise((done) => signal.addEventListener('abort', () => done(signal.reason)));

describe("a night's patience with Redis", () => {
  it("ends with the night's time when Redis never answered", async () => {
    const untilMs = Date.now() + 2 * (LAST_MS / 3);
    using waiting = patience({ untilMs });
    const error = (await endOf(waiting)) as Error;
    expect(error).to.include({ code: 'queue-away', failureClass: 'infra-fail' });
    expect(error.message).to.equal("Redis at redis://lab did not answer, and the night's time is up");
    expect(Date.now()).to.be.at.least(untilMs - EARLY_MS);
  });

  it('leaves Redis the time to answer, however late it is', async () => {
    const startedMs = performance.now();
    using waiting = patience({ untilMs: Date.now() - 1000 });
    await endOf(waiting);
    expect(performance.now() - startedMs).to.be.at.least(LAST_MS / 3 - EARLY_MS);
  });

  it('lasts a while longer for outcomes, once the queue is open', async () => {
    const untilMs = Date.now() + 30;
    using waiting = patience({ untilMs });
    waiting.watch(() => new Promise(() => {}));
    expect(await endOf(waiting)).to.include({ code: 'queue-away' });
    expect(Date.now()).to.be.at.least(untilMs + LAST_MS - EARLY_MS);
  });

  it('has no end as long as Redis answers, or the night has time', async () => {
    let asked = 0;
    using answered = patience({ untilMs: Date.now() });
    answered.watch(async () => ++asked);
    using early = patience({ untilMs: Date.now() + 60_000 });
    early.watch(() => new Promise(() => {}));
    using endless = patience({});
    endless.watch(() => new Promise(() => {}));
    while (asked < 10) await delay(5);
    expect([answered, early, endless].map(({ signal }) => signal.aborted)).to.deep.equal([
      false,
      false,
      false,
    ]);
  });

  it('ends a while after the night was interrupted, by the reason of that', async () => {
    const why = new Error('Ctrl-C');
    using waiting = patience({ signal: AbortSignal.abort(why) });
    expect(waiting.signal.aborted).to.equal(false);
    expect(await endOf(waiting)).to.equal(why);
  });
});
