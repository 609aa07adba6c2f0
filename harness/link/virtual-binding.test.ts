import type { BindingInterface } from '@serialport/bindings-cpp';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { describeLinkContract } from './link-contract.js';
import { CableEnd } from './testing/cable-end.js';
import { virtualBinding } from './virtual-binding.js';
import { plugIn } from './virtual-ports.js';

describeLinkContract('virtual', async () => {
  const end = new CableEnd('contract');
  const unplug = plugIn(end);
  return {
    binding: virtualBinding as unknown as BindingInterface,
    path: 'virtual:contract',
    send: (text) => end.send(text),
    heard: () => end.heard,
    baudRate: () => end.baudRate,
    lines: () => end.lines,
    unplug,
    close: async () => unplug(),
  };
});

describe('virtual binding', () => {
  let end: CableEnd;
  let unplug: () => void;
  const open = (options = {}) =>
    virtualBinding.open({ path: 'virtual:stamped', baudRate: 115_200, ...options });

  beforeEach(() => {
    end = new CableEnd('stamped');
    unplug = plugIn(end);
  });
  afterEach(() => unplug());

  it('gives each read the stamp of its own bytes', async () => {
    const port = await open();
    end.send('abc', 100);
    end.send('de', 200);
    const buffer = Buffer.alloc(10);
    const stamps: [number, number][] = [];
    for (const length of [2, 10, 10]) {
      const { bytesRead } = await port.read(buffer, 0, length);
      stamps.push([bytesRead, port.arrivalUs]);
    }
    expect(stamps).to.deep.equal([
      [2, 100],
      [1, 100],
      [2, 200],
    ]);
    await port.close();
  });

  it('leaves the lines as it is told to when it is opened', async () => {
    const port = await open({ initialLines: { dtr: false, rts: false } });
    expect(end.lines).to.deep.equal([{ dtr: false, rts: false }]);
    await port.close();
  });

  it('leaves the lines alone when it is closed without hupcl', async () => {
    const port = await open({ hupcl: false });
    await port.close();
    expect(end.lines).to.deep.equal([{ dtr: true, rts: true }]);
  });

  it('gives what came before the cable was pulled, then fails', async () => {
    const port = await open();
    end.send('last words');
    end.fail(new Error('the board is gone'));
    const buffer = Buffer.alloc(10);
    expect(await port.read(buffer, 0, 10)).to.include({ bytesRead: 10 });
    const failure = await port.read(buffer, 0, 10).catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'the board is gone');
    await port.close();
  });

  it('refuses a second board under the same name', () => {
    expect(() => plugIn(new CableEnd('stamped'))).to.throw(ConfigError, 'virtual:stamped is there already');
  });
});
