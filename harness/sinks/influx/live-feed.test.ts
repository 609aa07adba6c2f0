import { expect } from 'chai';
import type { LineWriter, WriteAnswer } from './client.js';
import { parseLine } from './line-protocol.js';
import { type Later, type LiveEvent, LiveFeed } from './live-feed.js';

const plan = { scenario: { title: 'first light' }, boards: [{ id: 'cam-1' }, { id: 'cam-2' }] };

/** A feed with a clock that we set: what is due happens when the clock is moved on. */
function bench(answer: () => Promise<WriteAnswer> = async () => ({ kind: 'written' })) {
  const START = 1_764_547_200_000;
  let now = START;
  let pending: { readonly at: number; readonly act: () => void }[] = [];
  const sent: string[][] = [];
  const writer: LineWriter = {
    write: (lines) => {
      sent.push([...lines]);
      return answer();
    },
  };
  const later: Later = (ms, act) => {
    const one = { at: now + ms, act };
    pending.push(one);
    return () => {
      pending = pending.filter((other) => other !== one);
    };
  };
  const feed = new LiveFeed(writer, () => now, later);
  feed.show({ type: 'planned', plan });
  const at = async (ms: number, ...events: LiveEvent[]): Promise<void> => {
    now = START + ms;
    for (const event of events) feed.show(event);
    for (let turn = 0; turn < 3; turn++) {
      const due = pending.filter((one) => one.at <= now);
      pending = pending.filter((one) => one.at > now);
      for (const { act } of due) act();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { sent, feed, at };
}

const token = (us: number, board = 'cam-1'): LiveEvent => ({ type: 'token', board, us });

const generating: LiveEvent = { type: 'generation', board: 'cam-1' };

describe('the live feed', () => {
  it('says what a board does, with its tokens and their rate by the board’s clock', async () => {
    const { sent, at } = bench();
    await at(0, generating, token(500_000), token(625_000), token(750_000));
    expect(sent.flat().map(parseLine)).to.deep.equal([
      {
        measurement: 'live',
        tags: { board: 'cam-1', scenario: 'first light' },
        fields: { state: 'generating', tokens: 3n, token_rate: 8 },
        timestampNs: 1_764_547_200_000_000_000n,
      },
    ]);
  });

  it('names no rate before the second token', async () => {
    const { sent, at } = bench();
    await at(0, generating, token(500_000));
    expect(parseLine(sent[0]![0]!).fields).to.deep.equal({ state: 'generating', tokens: 1n });
  });

  it('counts the tokens of a firmware that tells them at the end only', async () => {
    const { sent, at } = bench();
    await at(0, generating, { type: 'generated', board: 'cam-1', tokens: [1, 2, 3] });
    await at(1000, { type: 'generated', board: 'cam-1', tokens: [4] });
    expect(sent.flat().map((line) => parseLine(line).fields.tokens)).to.deep.equal([3n, 4n]);
  });

  it('sends at most one point a second and board, however much happens', async () => {
    const { sent, at } = bench();
    for (let ms = 0; ms < 2500; ms += 50) await at(ms, token(ms * 1000), token(ms * 1000, 'cam-2'));
    const points = sent.flat().map(parseLine);
    for (const board of ['cam-1', 'cam-2']) {
      const own = points.filter(({ tags }) => tags.board === board).map(({ timestampNs }) => timestampNs);
      expect(own).to.have.length(3);
      for (let nth = 1; nth < own.length; nth++)
        expect(own[nth]! - own[nth - 1]! >= 1_000_000_000n).to.equal(true);
    }
  });

  it('has one request under way at most, and keeps only the newest state meanwhile', async () => {
    let release = (): void => {};
    const slow = (): Promise<WriteAnswer> =>
      new Promise((resolve) => {
        release = () => resolve({ kind: 'written' });
      });
    const { sent, at } = bench(slow);
    await at(0, { type: 'attempt', board: 'cam-1' });
    await at(
      5000,
      { type: 'flashed', board: 'cam-1' },
      { type: 'loading', board: 'cam-1' },
      { type: 'attempt', board: 'cam-2' },
    );
    expect(sent).to.have.length(1);
    release();
    await at(5001);
    expect(sent[1]!.map((line) => parseLine(line).fields.state)).to.deep.equal(['loading', 'flashing']);
  });

  it('leaves a server that fails alone for ten seconds', async () => {
    const { sent, at } = bench(async () => ({ kind: 'unavailable', message: 'no' }));
    for (let ms = 0; ms < 20_000; ms += 500) await at(ms, token(ms));
    expect(sent).to.have.length(2);
  });

  it('sends done before the command ends, though the second is not over', async () => {
    const { sent, feed, at } = bench();
    await at(0, token(1));
    await at(10, token(2));
    feed.done();
    await feed.sendLast();
    const last = sent.at(-1)!.map((line) => parseLine(line).fields.state);
    expect(last).to.deep.equal(['done', 'done']);
  });

  it('does not try a server again that failed a moment ago', async () => {
    const { sent, feed, at } = bench(async () => ({ kind: 'unavailable', message: 'no' }));
    await at(0, token(1));
    feed.done();
    await feed.sendLast();
    expect(sent).to.have.length(1);
  });

  it('ends with done, and is still after it was closed', async () => {
    const { sent, feed, at } = bench();
    await at(0, token(1));
    feed.done();
    await at(1000);
    feed[Symbol.dispose]();
    await at(5000, token(2));
    const told = sent
      .flat()
      .map(parseLine)
      .map(({ tags, fields }) => `${tags.board} ${fields.state}`);
    expect(told).to.deep.equal(['cam-1 generating', 'cam-1 done', 'cam-2 done']);
  });
});
