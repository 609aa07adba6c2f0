import { expect } from 'chai';
import { InfraError } from '../../errors.js';
import { Spool } from './spool.js';
import { SenderLock } from './spool-lock.js';
import { newSegmentName, parseSegmentName, readSegment, segmentText } from './spool-segment.js';
import { MemoryDisk } from './testing/memory-disk.js';

const first = (): number => 0;

async function linesOf(spool: Spool): Promise<string[]> {
  const lines: string[] = [];
  for (const segment of await spool.segments()) lines.push(...((await spool.read(segment)) ?? []));
  return lines;
}

describe('a segment', () => {
  const lines = ['m v=1 1', 'm v="two\nlines, \\"quoted\\"" 2', 'm v="ünïcödé 🐶" 3'];

  it('gives its lines back, whatever is in them', () => {
    expect(readSegment(segmentText(lines), 3)).to.deep.equal(lines);
  });

  it('is line protocol as it lies there, under a comment', () => {
    expect(segmentText(['a v=1 1', 'b v=2 2'])).to.equal('# lengths 7 7\na v=1 1\nb v=2 2\n');
  });

  it('is damaged when it was cut anywhere', () => {
    const text = segmentText(lines);
    for (let end = 0; end < text.length; end++)
      expect(readSegment(text.slice(0, end), 3), `${end}`).to.equal(undefined);
  });

  it('is damaged when it has other lines than its name says, or zeroes', () => {
    expect(readSegment(segmentText(lines), 4)).to.equal(undefined);
    expect(readSegment('\u0000'.repeat(40), 3)).to.equal(undefined);
  });

  it('says in its name when it was written and how much it holds', () => {
    const name = newSegmentName(1_764_547_200_123, 17);
    expect(parseSegmentName(name)).to.deep.equal({ name, writtenAt: 1_764_547_200_123, lines: 17 });
    expect(parseSegmentName(`${name}.part`)).to.equal(undefined);
  });
});

describe('the spool', () => {
  it('keeps what it was given over a power cut, in order', async () => {
    let clock = 1000;
    const disk = new MemoryDisk(first, () => clock);
    const spool = new Spool('/spool', disk.process(), () => clock++);
    await spool.append(['m v=1 1', 'm v=2 2']);
    await spool.append(['m v=3 3']);
    disk.cutPower();
    expect(await linesOf(spool)).to.deep.equal(['m v=1 1', 'm v=2 2', 'm v=3 3']);
    expect(await spool.status()).to.deep.equal({ waiting: 3, oldest: 1000, damaged: [] });
  });

  it('makes segments of bounded size of however many lines', async () => {
    const spool = new Spool('/spool', new MemoryDisk(first, Date.now).process());
    function* many(): Generator<string> {
      for (let nth = 0; nth < 12_001; nth++) yield `m v=1 ${nth}`;
    }
    expect(await spool.append(many())).to.equal(12_001);
    const sizes = (await spool.segments()).map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sizes).to.deep.equal([2001, 5000, 5000]);
  });

  it('shows nothing of a segment for which the disk had no room, and says so', async () => {
    const disk = new MemoryDisk(first, Date.now);
    const full = new Spool('/spool', disk.process({ full: (operation) => operation === 2 }));
    const error = await full.append(['m v=1 1']).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(InfraError);
    expect((error as Error).message).to.equal('cannot write to the spool /spool: ENOSPC');
    expect(await disk.process().list('/spool')).to.deep.equal([]);
  });

  it('sets a damaged segment aside, and goes on', async () => {
    const disk = new MemoryDisk(first, Date.now);
    const files = disk.process();
    const name = newSegmentName(5, 2);
    const file = await files.create(`/spool/${name}`);
    await file.write('# lengths 7 7\nm v=1 1\nm v=');
    const spool = new Spool('/spool', files);
    await spool.append(['m v=3 3']);
    expect(await linesOf(spool)).to.deep.equal(['m v=3 3']);
    expect((await spool.status()).damaged).to.deep.equal([`${name}.damaged`]);
  });

  it('sweeps away what a writer left half written an hour ago, and nothing younger', async () => {
    let clock = 0;
    const files = new MemoryDisk(first, () => clock).process();
    const spool = new Spool('/spool', files, () => clock);
    await files.create('/spool/old.part');
    clock = 3_000_000;
    await files.create('/spool/young.part');
    clock = 3_700_000;
    await spool.sweep();
    expect(await files.list('/spool')).to.deep.equal(['young.part']);
  });
});

describe('the lock of the sender', () => {
  it('is had by one, and by the next when it was let go', async () => {
    const files = new MemoryDisk(first, Date.now).process();
    {
      await using lock = await SenderLock.take('/spool', files);
      expect(lock).to.not.equal(undefined);
      expect(await SenderLock.take('/spool', files)).to.equal(undefined);
    }
    await using next = await SenderLock.take('/spool', files);
    expect(next).to.not.equal(undefined);
  });

  it('is taken from a process that is gone, and from one that was silent for a minute', async () => {
    let clock = 0;
    const files = new MemoryDisk(first, () => clock).process();
    for (const [holder, later] of [
      [`999999999 ${(await import('node:os')).hostname()} x\n`, 0],
      ['1 elsewhere x\n', 61_000],
    ] as const) {
      const file = await files.create('/spool/sender.lock');
      await file.write(holder);
      clock += later;
      await using lock = await SenderLock.take('/spool', files, () => clock);
      expect(lock, holder).to.not.equal(undefined);
    }
  });

  it('is left to a process elsewhere that was heard of', async () => {
    const files = new MemoryDisk(first, () => 0).process();
    await (await files.create('/spool/sender.lock')).write('1 elsewhere x\n');
    expect(await SenderLock.take('/spool', files, () => 59_000)).to.equal(undefined);
  });

  it('is no obstacle where the disk has no room for it', async () => {
    const files = new MemoryDisk(first, Date.now).process({ full: () => true });
    await using lock = await SenderLock.take('/spool', files);
    expect(lock).to.not.equal(undefined);
  });
});
