import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import { openLink } from './link.js';
import { openRfc2217Port } from './rfc2217-port.js';
import { type Rfc2217Server, serveRfc2217 } from './rfc2217-server.js';
import { CableEnd } from './testing/cable-end.js';

const baudRate = 115_200;
const released = { dtr: false, rts: false };

describe('RFC 2217 server', () => {
  let end: CableEnd;
  let server: Rfc2217Server;
  beforeEach(async () => {
    end = new CableEnd('served');
    server = await serveRfc2217(end, { port: 0 });
  });
  afterEach(() => server.close());

  const raw = async (): Promise<Socket> => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'data');
    return socket;
  };

  it('listens at loopback unless it is told otherwise', async () => {
    expect(server.url).to.equal(`rfc2217://127.0.0.1:${server.port}`);
    await using all = await serveRfc2217(end, { port: 0, bind: '0.0.0.0' });
    expect(all.url).to.equal(`rfc2217://0.0.0.0:${all.port}`);
  });

  it('listens at an IPv6 address, where there is one', async function () {
    const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    if (!addresses.some(({ address }) => address === '::1')) this.skip();
    await using six = await serveRfc2217(end, { port: 0, bind: '::1' });
    expect(six.url).to.match(/^rfc2217:\/\/\[::1\]:\d+$/);
    await using link = await openLink(six.url, { baudRate });
    expect(link.kind).to.equal('rfc2217');
  });

  it('says so when the port is taken', async () => {
    const error = await serveRfc2217(end, { port: server.port }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(InfraError).and.include({ code: 'port-in-use' });
  });

  it('refuses a second client in words, and takes it when the first has left', async () => {
    const first = await openLink(server.url, { baudRate });
    const second = connect(server.port, '127.0.0.1');
    let said = '';
    second.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    await once(second, 'close');
    expect(said).to.match(/^tokenrack: served has a client already: port in use\r\n$/);
    await first.close();
    await (await openLink(server.url, { baudRate })).close();
  });

  it('releases the lines of a client that is gone without a word, and not of one that left them released', async () => {
    const port = await openRfc2217Port({ path: server.url, baudRate, hupcl: false });
    await port.close();
    expect(end.lines.at(-1)).to.deep.equal(released);
    const before = end.lines.length;
    const quiet = await openRfc2217Port({
      path: server.url,
      baudRate,
      hupcl: false,
      initialLines: released,
    });
    const changes = end.lines.slice(before);
    await quiet.close();
    expect(changes.some(({ dtr, rts }) => dtr || rts)).to.equal(false);
    expect(end.lines.slice(before)).to.deep.equal(changes);
  });

  it('keeps the rate from one client to the next', async () => {
    const port = await openRfc2217Port({ path: server.url, baudRate: 460_800 });
    await port.close();
    const socket = await raw();
    expect(end.baudRate).to.equal(460_800);
    socket.destroy();
  });

  it('ends its client when the board is gone, and takes nobody any more', async () => {
    const socket = await raw();
    end.fail();
    await once(socket, 'close');
    const late = await openRfc2217Port({ path: server.url, baudRate }).catch((caught: unknown) => caught);
    expect(late)
      .to.have.property('message')
      .that.matches(/served is switched off/);
  });

  it('hangs up when it is closed', async () => {
    const socket = await raw();
    const closed = once(socket, 'close');
    await Promise.all([server.close(), server.close()]);
    await closed;
  });
});
