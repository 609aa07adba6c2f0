import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { ConfigError, InfraError } from '../errors.js';
import { clientFrame, comPort, control, rateBytes, serverFrame } from './com-port.js';
import { openLink } from './link.js';
import { systemAfter } from './rfc2217-connect.js';
import { openRfc2217Port } from './rfc2217-port.js';
import { type Rfc2217Server, serveRfc2217 } from './rfc2217-server.js';
import { isRfc2217Path, parseRfc2217Path, rfc2217Path } from './rfc2217-url.js';
import { TelnetParser, telnet } from './telnet.js';
import { CableEnd } from './testing/cable-end.js';
import { freePort } from './testing/free-port.js';

const baudRate = 115_200;
const failureOf = (action: Promise<unknown>): Promise<InfraError> =>
  action.then(
    () => expect.fail('it should have failed'),
    (error: InfraError) => error,
  );

/** A server that does what `serve` says with its one client. */
async function listen(serve: (socket: Socket) => void): Promise<{ server: Server; path: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, path: rfc2217Path('127.0.0.1', (server.address() as { port: number }).port) };
}

/** Agrees to everything, then answers each command as `answer` says; absent: not at all. */
function agreeable(answer: (command: number, value: Uint8Array) => Uint8Array | undefined) {
  return (socket: Socket): void => {
    const parser = new TelnetParser();
    socket.write(Uint8Array.of(telnet.iac, telnet.do, 0, telnet.iac, telnet.do, 44));
    socket.on('data', (bytes: Buffer) => {
      for (const record of parser.push(bytes)) {
        if (record.kind !== 'subnegotiation') continue;
        const [command = 0] = record.body;
        const value = answer(command, record.body.slice(1));
        if (value !== undefined) socket.write(serverFrame(command as 0, value));
      }
    });
  };
}

describe('RFC 2217 path', () => {
  it('names host and port, by name and by both kinds of address', () => {
    for (const [host, port] of [
      ['lab-3.example', 4000],
      ['192.168.0.7', 1],
      ['::1', 65_535],
    ] as const) {
      const path = rfc2217Path(host, port);
      expect(isRfc2217Path(path)).to.equal(true);
      expect(parseRfc2217Path(path), path).to.deep.equal({ host, port, ignoreControlAnswers: false });
    }
    expect(parseRfc2217Path('rfc2217://h:5?ign_set_control')).to.include({ ignoreControlAnswers: true });
  });

  it('is refused with what to write instead', () => {
    for (const path of [
      'rfc2217://h',
      'rfc2217://h:0',
      'rfc2217://h:70000',
      'rfc2217://h:1?x',
      'rfc2217://:1',
    ])
      expect(() => parseRfc2217Path(path), path).to.throw(ConfigError, 'write rfc2217://HOST:PORT');
  });
});

describe('RFC 2217 client', () => {
  let other: Server | undefined;
  afterEach(() => other?.close());
  const serve = async (behave: (socket: Socket) => void): Promise<string> => {
    const { server, path } = await listen(behave);
    other = server;
    return path;
  };

  it('says that nothing is there', async () => {
    const path = rfc2217Path('127.0.0.1', await freePort());
    const error = await failureOf(openLink(path, { baudRate }));
    expect(error).to.be.instanceOf(InfraError).and.include({ code: 'link-refused' });
    expect(error.message).to.equal(
      `${path}: connection refused, no server found there: start it, or check host and port`,
    );
  });

  it('says that a server which is silent, or speaks something else, is no serial server', async () => {
    const path = await serve((socket) => socket.write('SSH-2.0-something\r\n'));
    const timers: (() => void)[] = [];
    const after = (delayMs: number, act: () => void) => {
      if (delayMs < 1000) return systemAfter(delayMs, act);
      timers.push(act);
      return () => {};
    };
    const opening = failureOf(openRfc2217Port({ path, baudRate, after }));
    // The first is for the connection, the second for the agreement; shorter ones are for what it may say before.
    while (timers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    timers[1]!();
    expect(await opening).to.include({ code: 'not-rfc2217' });
  });

  it('says that a telnet server without serial ports is none', async () => {
    const path = await serve((socket) => socket.write(Uint8Array.of(telnet.iac, telnet.dont, 44)));
    expect(await failureOf(openLink(path, { baudRate }))).to.include({ code: 'not-rfc2217' });
  });

  it('repeats what a server says that hangs up at once', async () => {
    const path = await serve((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n').resume());
    const error = await failureOf(openLink(path, { baudRate }));
    expect(error).to.include({ code: 'not-rfc2217' });
    expect(error.message).to.match(/it says "HTTP\/1\.1 400 Bad Request"$/);
  });

  it('knows another client also when the server, as ser2net does, agrees first, says it, and reads nothing', async () => {
    const path = await serve((socket) => {
      const agreement = Buffer.of(telnet.iac, telnet.do, 0, telnet.iac, telnet.do, 44);
      socket.pause().write(Buffer.concat([agreement, Buffer.from('Port already in use\r\n')]));
      setImmediate(() => socket.resetAndDestroy());
    });
    expect(await failureOf(openLink(path, { baudRate }))).to.include({ code: 'port-in-use' });
  });

  it('hears a server out that says so a moment after it agreed', async () => {
    const path = await serve((socket) => {
      socket.pause().write(Buffer.of(telnet.iac, telnet.do, 0, telnet.iac, telnet.do, 44));
      setTimeout(() => socket.write('Port already in use\r\n'), 5);
      setTimeout(() => socket.resetAndDestroy(), 8);
    });
    expect(await failureOf(openLink(path, { baudRate }))).to.include({ code: 'port-in-use' });
  });

  it('calls a server once more that agrees and hangs up, as one not done with its last client', async () => {
    let calls = 0;
    const path = await serve((socket) => {
      calls++;
      if (calls > 1) return agreeable((_command, value) => value)(socket);
      agreeable(() => void socket.end())(socket);
    });
    const port = await openRfc2217Port({ path: `${path}?ign_set_control`, baudRate });
    expect(calls).to.equal(2);
    await port.close();
  });

  it('knows another client by the words that servers use', async () => {
    const path = await serve((socket) => void socket.end('Port already in use\r\n').resume());
    const error = await failureOf(openLink(path, { baudRate }));
    expect(error).to.be.instanceOf(InfraError).and.include({ code: 'port-in-use' });
  });

  it('says which setting a server refuses', async () => {
    const path = await serve(
      agreeable((command, value) => (command === comPort.setBaudRate ? rateBytes(9600) : value)),
    );
    const error = await failureOf(openLink(path, { baudRate }));
    expect(error).to.include({ code: 'link-unfit' });
    expect(error.message).to.include('refuses 115200 baud');
  });

  it('says what to do about a server that never answers about lines', async () => {
    const path = await serve(
      agreeable((command, value) => (command === comPort.setControl ? undefined : value)),
    );
    const error = await failureOf(openRfc2217Port({ path, baudRate, answerTimeoutMs: 50 }));
    expect(error).to.include({ code: 'link-timeout' });
    expect(error.message).to.match(/no answer to .* within 50 ms: .*ign_set_control: true in rack\.yaml/);
  });

  it('does not wait for answers about lines when it is told that there are none', async () => {
    const path = await serve(
      agreeable((command, value) => (command === comPort.setControl ? undefined : value)),
    );
    const port = await openRfc2217Port({ path: `${path}?ign_set_control`, baudRate, hupcl: false });
    await port.close();
  });

  it('stops sending while the server asks for a pause', async () => {
    const heard: number[] = [];
    let client: Socket | undefined;
    const path = await serve((socket) => {
      client = socket;
      agreeable((_command, value) => value)(socket);
      const parser = new TelnetParser();
      socket.on('data', (bytes: Buffer) => {
        for (const record of parser.push(bytes)) if (record.kind === 'data') heard.push(...record.bytes);
      });
    });
    const port = await openRfc2217Port({ path, baudRate });
    client!.write(serverFrame(comPort.suspend, new Uint8Array()));
    await port.update({ baudRate });
    const writing = port.write(Buffer.from('x'));
    await port.update({ baudRate });
    expect(heard).to.deep.equal([]);
    client!.write(serverFrame(comPort.resume, new Uint8Array()));
    await writing;
    await port.drain();
    expect(heard).to.deep.equal([120]);
    await port.close();
  });

  it('fails writes, reads and settings of a connection that is lost, in one clear line', async () => {
    let client: Socket | undefined;
    const path = await serve((socket) => {
      client = socket;
      agreeable((_command, value) => value)(socket);
    });
    const port = await openRfc2217Port({ path, baudRate });
    client!.write('last words');
    client!.end();
    const buffer = Buffer.alloc(20);
    expect(await port.read(buffer, 0, 20)).to.include({ bytesRead: 10 });
    for (const act of [
      () => port.read(buffer, 0, 20),
      () => port.set({}),
      () => port.write(Buffer.from('x')),
    ]) {
      const error = await failureOf(act());
      expect(error).to.include({ code: 'link-lost' });
      expect(error.message).to.match(/: connection lost: .*; check the server and the network$/);
    }
    await port.close();
  });

  describe('with our server', () => {
    let end: CableEnd;
    let server: Rfc2217Server;
    beforeEach(async () => {
      end = new CableEnd('far');
      server = await serveRfc2217(end, { port: 0 });
    });
    afterEach(() => server.close());

    it('moves DTR before RTS, so that a release of both boots the app', async () => {
      await using link = await openLink(server.url, { baudRate });
      expect(end.lines).to.deep.equal([
        { dtr: true, rts: false },
        { dtr: true, rts: true },
        { dtr: false, rts: true },
        { dtr: false, rts: false },
      ]);
      expect(link).to.include({ kind: 'rfc2217', clock: 'hardware' });
    });

    it('leaves a running board alone when it is asked to, and is modelled when that is said', async () => {
      const link = await openLink(server.url, { baudRate, keepRunning: true, clock: 'modelled' });
      expect(link.clock).to.equal('modelled');
      await link.close();
      expect(end.lines.some(({ dtr, rts }) => dtr || rts)).to.equal(false);
    });

    it('reads the lines that the server reports', async () => {
      const port = await openRfc2217Port({ path: server.url, baudRate });
      expect(await port.get()).to.deep.equal({ cts: false, dsr: false, dcd: false });
      await port.close();
    });

    it('stamps each read with the time its bytes arrived', async () => {
      await using link = await openLink(server.url, { baudRate });
      const beforeUs = performance.now() * 1000;
      end.send('x');
      await once(link.stream, 'data');
      expect(link.arrivalUs()).to.be.within(beforeUs, performance.now() * 1000);
    });
  });

  it('takes an answer about one line for no other', async () => {
    let client: Socket | undefined;
    const path = await serve((socket) => {
      client = socket;
      agreeable((command, value) => (command === comPort.setControl && value[0]! >= 7 ? undefined : value))(
        socket,
      );
    });
    const opening = openRfc2217Port({ path, baudRate });
    const asks = async (value: number): Promise<void> => {
      const wanted = Buffer.from(clientFrame(comPort.setControl, Uint8Array.of(value)));
      for (let seen = Buffer.alloc(0); !seen.includes(wanted); )
        seen = Buffer.concat([seen, ((await once(client!, 'data')) as [Buffer])[0]]);
    };
    while (client === undefined) await new Promise((resolve) => setImmediate(resolve));
    const tell = (value: number) => client!.write(serverFrame(comPort.setControl, Uint8Array.of(value)));
    await asks(control.dtrOn);
    tell(control.rtsOff);
    tell(control.dtrOn);
    await asks(control.rtsOn);
    tell(control.rtsOn);
    const port = await opening;
    client.destroy();
    await port.close().catch(() => {});
  });
});
