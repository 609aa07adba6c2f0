import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import { openLink } from './link.js';
import { CableEnd } from './testing/cable-end.js';
import { plugIn } from './virtual-ports.js';

describe('link', () => {
  let end: CableEnd;
  let unplug: () => void;
  const path = 'virtual:linked';
  const baudRate = 115_200;
  const failure = async (action: Promise<unknown>): Promise<unknown> =>
    action.then(
      () => undefined,
      (error: unknown) => error,
    );

  beforeEach(() => {
    end = new CableEnd('linked');
    unplug = plugIn(end);
  });
  afterEach(() => unplug());

  it('is a reset that lets the board start, unless it shall keep running', async () => {
    await using _first = await openLink(path, { baudRate });
    expect(end.lines).to.deep.equal([
      { dtr: true, rts: true },
      { dtr: false, rts: false },
    ]);
    await _first.close();
    end.lines.length = 0;
    await using _second = await openLink(path, { baudRate, keepRunning: true });
    expect(end.lines.some(({ rts, dtr }) => rts || dtr)).to.equal(false);
  });

  it('says what it is, and stamps each data event with the time its bytes arrived', async () => {
    await using link = await openLink(path, { baudRate });
    expect(link).to.include({ kind: 'virtual', clock: 'modelled', path });
    expect(link.arrivalUs()).to.equal(0);
    const seen: [string, number][] = [];
    link.stream.on('data', (bytes: Buffer) => seen.push([bytes.toString(), link.arrivalUs()]));
    end.send('one', 10);
    end.send('two', 20);
    while (seen.length < 2) await once(link.stream, 'data');
    end.send('three', 30);
    await once(link.stream, 'data');
    expect(seen).to.deep.equal([
      ['one', 10],
      ['two', 20],
      ['three', 30],
    ]);
  });

  it('keeps the stamps of bytes that waited for a reader, through a pipe too', async () => {
    await using link = await openLink(path, { baudRate });
    end.send('aa', 10);
    end.send('bbb', 20);
    link.stream.read(0);
    await new Promise((resolve) => setImmediate(resolve));
    const seen: [string, number][] = [];
    const sink = link.stream.pipe(new PassThrough());
    sink.on('data', () => {});
    link.stream.on('data', (bytes: Buffer) => seen.push([bytes.toString(), link.arrivalUs()]));
    while (seen.reduce((sum, [text]) => sum + text.length, 0) < 5) await once(link.stream, 'data');
    expect(seen.at(-1)?.[1]).to.equal(20);
    expect(seen.find(([text]) => text === 'aa')?.[1]).to.equal(10);
  });

  it('keeps the stamp of bytes that are read in pieces', async () => {
    await using link = await openLink(path, { baudRate });
    end.send('abcd', 10);
    end.send('ef', 20);
    link.stream.read(0);
    while (link.stream.readableLength < 6) await new Promise((resolve) => setImmediate(resolve));
    const seen = [2, 2, 2].map((length) => [String(link.stream.read(length)), link.arrivalUs()]);
    expect(seen).to.deep.equal([
      ['ab', 10],
      ['cd', 10],
      ['ef', 20],
    ]);
  });

  it('says that the port is in use, or is not there, and what to do', async () => {
    await using _link = await openLink(path, { baudRate });
    const inUse = await failure(openLink(path, { baudRate }));
    expect(inUse).to.be.instanceOf(InfraError).and.include({ code: 'port-in-use' });
    expect((inUse as Error).message).to.match(/^virtual:linked: port in use: close /);
    const missing = await failure(openLink('virtual:none', { baudRate }));
    expect(missing).to.be.instanceOf(InfraError).and.include({ code: 'no-such-port' });
  });

  it('says so of a real port that is not there', async () => {
    const name = process.platform === 'win32' ? 'COM255' : '/dev/tty-tokenrack-none';
    const missing = await failure(openLink(name, { baudRate }));
    expect(missing).to.be.instanceOf(InfraError).and.include({ code: 'no-such-port' });
  });

  it('closes once, however often it is asked, also when the cable came out before', async () => {
    const link = await openLink(path, { baudRate });
    await Promise.all([link.close(), link.close()]);
    await link.close();
    const pulled = await openLink(path, { baudRate });
    pulled.stream.resume();
    const closed = once(pulled.stream, 'close');
    end.fail(new Error('pulled'));
    expect(((await closed) as [Error])[0]).to.include({ message: 'pulled', disconnected: true });
    await pulled.close();
  });
});
