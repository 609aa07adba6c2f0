import { expect } from 'chai';
import type { LineWriter, WriteAnswer } from './client.js';
import { lastError, Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';
import { MemoryDisk } from './testing/memory-disk.js';

const written: WriteAnswer = { kind: 'written' };
const refused: WriteAnswer = { kind: 'refused', message: '400: no' };

/** A server of a few lines: answers by what it is asked to write. */
function bench(answer: (lines: readonly string[], request: number) => WriteAnswer | Promise<WriteAnswer>) {
  const files = new MemoryDisk(() => 0, Date.now).process();
  const requests: (readonly string[])[] = [];
  const writer: LineWriter = {
    write: async (lines) => {
      requests.push(lines);
      return answer(lines, requests.length);
    },
  };
  const spool = new Spool('/spool', files);
  const quarantine = new Quarantine('/spool', files);
  const sender = new Sender({ spool, quarantine, writer, files });
  return { files, requests, spool, quarantine, sender };
}

const lines = Array.from({ length: 10 }, (_, nth) => `m v=${nth} ${nth}`);

describe('the sender', () => {
  it('sends segments together up to a batch, and takes them out when they are acknowledged', async () => {
    const { requests, spool, sender } = bench(() => written);
    for (const line of lines) await spool.append([line]);
    expect(await sender.drain()).to.deep.equal({ kind: 'empty' });
    expect(requests.map((one) => one.length)).to.deep.equal([10]);
    expect(sender.written).to.equal(10);
    expect((await spool.status()).waiting).to.equal(0);
  });

  it('keeps everything when the server does not take points, and notes why', async () => {
    const { files, spool, quarantine, sender } = bench(() => ({
      kind: 'unavailable',
      message: '401: who are you',
    }));
    await spool.append(lines);
    expect(await sender.drain()).to.deep.equal({ kind: 'stopped', message: '401: who are you' });
    expect((await spool.status()).waiting).to.equal(10);
    expect(await quarantine.count()).to.equal(0);
    expect(await lastError('/spool', files)).to.include({ message: '401: who are you' });
  });

  it('splits what is too large until it fits', async () => {
    const { requests, spool, sender } = bench((some) =>
      some.length > 3 ? { kind: 'too-large', message: '413' } : written,
    );
    await spool.append(lines);
    expect(await sender.drain()).to.deep.equal({ kind: 'empty' });
    expect(requests.map((one) => one.length)).to.deep.equal([10, 5, 3, 2, 5, 3, 2]);
  });

  it('keeps a single point that is too large, and says so', async () => {
    const { spool, quarantine, sender } = bench(() => ({ kind: 'too-large', message: '413: too much' }));
    await spool.append(lines);
    expect(await sender.drain())
      .to.have.property('message')
      .that.contains('a single point too large');
    expect((await spool.status()).waiting).to.equal(10);
    expect(await quarantine.count()).to.equal(0);
  });

  it('quarantines the lines that are refused, with the message, and no other', async () => {
    const bad = new Set([lines[2], lines[7]]);
    const { spool, quarantine, sender } = bench((some) =>
      some.some((line) => bad.has(line)) ? refused : written,
    );
    await spool.append(lines);
    expect(await sender.drain()).to.deep.equal({ kind: 'empty' });
    const entries = await quarantine.list();
    expect(entries.map(({ line }) => line)).to.have.members([...bad]);
    expect(entries.map(({ message }) => message)).to.deep.equal(['400: no', '400: no']);
    expect(sender).to.include({ written: 8, refused: 2 });
  });

  it('quarantines nothing while a good point is refused too', async () => {
    const { requests, spool, quarantine, sender } = bench(() => refused);
    await spool.append(lines);
    const outcome = await sender.drain();
    expect(outcome).to.deep.equal({ kind: 'stopped', message: 'it refuses a good point too: 400: no' });
    expect(requests.at(-1)![0]).to.match(/^probe ok=1i \d+$/);
    expect(requests.length).to.be.lessThan(8);
    expect((await spool.status()).waiting).to.equal(10);
    expect(await quarantine.count()).to.equal(0);
  });

  it('asks with a line that was taken a moment ago rather than with a point that nobody needs', async () => {
    const { requests, spool, sender } = bench((some) => (some.includes(lines[9]!) ? refused : written));
    await spool.append(lines);
    await sender.drain();
    expect(requests.flat().filter((line) => line.startsWith('probe'))).to.deep.equal([]);
  });

  it('does not blame a line that is taken at the second look', async () => {
    const { spool, quarantine, sender } = bench((_, request) => (request === 1 ? refused : written));
    await spool.append(lines.slice(0, 1));
    expect(await sender.drain()).to.deep.equal({ kind: 'empty' });
    expect(await quarantine.count()).to.equal(0);
    expect(sender.written).to.equal(1);
  });

  it('leaves the spool to another sender', async () => {
    const { spool, files, sender } = bench(() => written);
    await spool.append(lines);
    await (await files.create('/spool/sender.lock')).write('1 elsewhere x\n');
    expect(await sender.drain()).to.deep.equal({ kind: 'busy' });
  });

  it('begins no request after it was told to stop', async () => {
    const { requests, spool, sender } = bench(() => written);
    await spool.append(lines);
    const drained = sender.drain();
    sender.stop('enough');
    expect(await drained).to.deep.equal({ kind: 'stopped', message: 'enough' });
    expect(requests).to.deep.equal([]);
  });

  it('sends what was appended while it sent', async () => {
    const late = 'm v=99 99';
    const { spool, sender } = bench(async (some) => {
      if (some.includes(lines[0]!)) await spool.append([late]);
      return written;
    });
    await spool.append(lines);
    expect(await sender.drain()).to.deep.equal({ kind: 'empty' });
    expect(sender.written).to.equal(11);
  });
});
