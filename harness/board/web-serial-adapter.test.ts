import { EventEmitter } from 'node:events';
import type { SerialPortStream } from '@serialport/stream';
import { expect } from 'chai';
import { WebSerialAdapter } from './web-serial-adapter.js';

type Done = (error: Error | null) => void;

/** The part of a SerialPortStream that the adapter uses, which writes down what it is asked for. */
class FakePort extends EventEmitter {
  readonly asked: unknown[] = [];
  set(lines: unknown, done: Done): void {
    this.#note(lines, done);
  }
  update(options: unknown, done: Done): void {
    this.#note(options, done);
  }
  write(bytes: Buffer, done: Done): void {
    this.#note([...bytes], done);
  }
  pause(): void {
    this.asked.push('pause');
  }
  resume(): void {
    this.asked.push('resume');
  }
  #note(what: unknown, done: Done): void {
    this.asked.push(what);
    done(null);
  }
}

function adapterOn(port: FakePort): WebSerialAdapter {
  return new WebSerialAdapter(port as unknown as SerialPortStream);
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

describe('Web Serial adapter', () => {
  it('sets both lines each time, and keeps the one that was not given', async () => {
    const port = new FakePort();
    const adapter = adapterOn(port);
    await adapter.setSignals({ requestToSend: true });
    await adapter.setSignals({ dataTerminalReady: true });
    await adapter.setSignals({ requestToSend: false });
    expect(port.asked).to.deep.equal([
      { dtr: false, rts: true },
      { dtr: true, rts: true },
      { dtr: true, rts: false },
    ]);
  });

  it('changes the rate in place, without touching lines', async () => {
    const port = new FakePort();
    const adapter = adapterOn(port);
    await adapter.open({ baudRate: 115_200 });
    await adapter.setBaudRate(921_600);
    expect(port.asked).to.deep.equal([{ baudRate: 115_200 }, 'resume', { baudRate: 921_600 }]);
  });

  it('passes bytes both ways', async () => {
    const port = new FakePort();
    const adapter = adapterOn(port);
    await adapter.open({ baudRate: 115_200 });
    port.emit('data', Buffer.from([1, 2]));
    const { value } = await adapter.readable!.getReader().read();
    expect(value).to.deep.equal(Uint8Array.of(1, 2));
    await adapter.writable!.getWriter().write(Uint8Array.of(3));
    expect(port.asked.at(-1)).to.deep.equal([3]);
  });

  it('ends its reader at close, and pauses a port that nobody else listens to', async () => {
    const port = new FakePort();
    const adapter = adapterOn(port);
    await adapter.open({ baudRate: 115_200 });
    const reading = adapter.readable!.getReader().read();
    await adapter.close();
    await adapter.close();
    expect((await reading).done).to.equal(true);
    expect(port.asked.filter((what) => what === 'pause')).to.have.length(1);
    expect(port.eventNames()).to.deep.equal([]);
  });

  it('does not pause a port that another listens to', async () => {
    const port = new FakePort();
    const adapter = adapterOn(port);
    port.on('data', () => {});
    await adapter.open({ baudRate: 115_200 });
    await adapter.close();
    expect(port.asked).not.to.include('pause');
  });

  it('ends a write that hangs when the port closes', async () => {
    const port = new FakePort();
    port.write = () => {};
    const adapter = adapterOn(port);
    await adapter.open({ baudRate: 115_200 });
    const writing = adapter.writable!.getWriter().write(Uint8Array.of(3));
    await Promise.resolve(); // the stream hands it on in the next microtask
    port.emit('close');
    expect(await messageOf(writing)).to.equal('the port was closed');
  });

  it('refuses all use once it has failed, and when the port closes', async () => {
    const port = new FakePort();
    const adapter = adapterOn(port);
    await adapter.open({ baudRate: 115_200 });
    const { writable } = adapter;
    port.emit('close');
    expect(await messageOf(adapter.setSignals({ requestToSend: true }))).to.equal('the port was closed');
    expect(await messageOf(adapter.setBaudRate(9600))).to.equal('the port was closed');
    expect(await messageOf(writable!.getWriter().write(Uint8Array.of(1)))).to.equal('the port was closed');
    expect(await messageOf(adapter.open({ baudRate: 115_200 }))).to.equal('the port was closed');
    expect(port.asked).to.deep.equal([{ baudRate: 115_200 }, 'resume', 'pause']);
  });
});
