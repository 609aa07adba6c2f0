import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { InfluxClient } from './client.js';
import { ChaosServer, type Mood } from './testing/chaos-server.js';
import { closedPort } from './testing/closed-port.js';
import { loopbackCertificate, loopbackKey } from './testing/loopback-certificate.js';

const database = 'tokenrack';
const line = ['m v=1 1'];

describe('the client', () => {
  let server: ChaosServer;
  let mood: Mood = 'well';
  before(async () => {
    server = await ChaosServer.start({
      mood: () => mood,
      mostLines: 2,
      isBad: (text) => text.startsWith('bad'),
    });
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    mood = 'well';
  });

  it('sends the lines as they are', async () => {
    using client = new InfluxClient({ url: server.url, database });
    const lines = ['a,tag=with\\ space v="x, y=z" 5', 'b v=1i 6'];
    expect(await client.write(lines, 1000)).to.deep.equal({ kind: 'written' });
    expect([...server.taken.keys()]).to.include.members(lines);
  });

  for (const status of [200, 401, 403, 404, 429, 500, 503] as const)
    it(`knows nothing of the points after ${status}`, async () => {
      mood = status;
      using client = new InfluxClient({ url: server.url, database });
      expect((await client.write(line, 1000)).kind).to.equal('unavailable');
      mood = 'well';
      expect((await client.write(line, 1000)).kind).to.equal('written');
    });

  it('tells what is too large from what is refused, with the server’s message', async () => {
    using client = new InfluxClient({ url: server.url, database });
    expect(await client.write(['a v=1 1', 'a v=1 2', 'a v=1 3'], 1000)).to.deep.equal({
      kind: 'too-large',
      message: '413: Request Entity Too Large',
    });
    expect(await client.write(['bad v=1 1'], 1000)).to.deep.equal({
      kind: 'refused',
      message: "400: partial write: unable to parse 'bad v=1 1': bad timestamp",
    });
  });

  for (const silence of ['hang', 'half-answer'] as const)
    it(`waits no longer than it may (${silence})`, async () => {
      mood = silence;
      using client = new InfluxClient({ url: server.url, database });
      const startedAt = performance.now();
      expect(await client.write(line, 100)).to.deep.equal({
        kind: 'unavailable',
        message: 'no answer within 100 ms',
      });
      expect(performance.now() - startedAt).to.be.within(90, 900);
    });

  it('gives up at once when it is told to, and works again afterwards', async () => {
    mood = 'hang';
    using client = new InfluxClient({ url: server.url, database });
    const answer = client.write(line, 10_000);
    setTimeout(() => client.abort(), 20);
    expect((await answer).kind).to.equal('unavailable');
    mood = 'well';
    expect((await client.write(line, 1000)).kind).to.equal('written');
  });

  it('tries once more when a connection was reset, which may have been an old one', async () => {
    using client = new InfluxClient({ url: server.url, database });
    const before = server.requests;
    mood = 'reset';
    expect((await client.write(line, 1000)).kind).to.equal('unavailable');
    expect(server.requests - before).to.equal(2);
  });

  it('says which InfluxDB answers, and that nothing does', async () => {
    using client = new InfluxClient({ url: server.url, database });
    expect((await client.ping(1000)).version).to.equal('chaos');
    const gone = await closedPort();
    using nobody = new InfluxClient({ url: gone, database });
    expect(await nobody.ping(1000)).to.deep.equal({});
    expect((await nobody.write(line, 1000)).kind).to.equal('unavailable');
    expect(nobody.foundNobody).to.equal(true);
    expect([client.foundNobody, (await client.write(line, 1000)).kind]).to.deep.equal([false, 'written']);
  });

  it('tells a server that does not take points from none', async () => {
    using client = new InfluxClient({ url: server.url, database });
    for (const trouble of [503, 'reset'] as const) {
      mood = trouble;
      await client.write(line, 1000);
      expect(client.foundNobody).to.equal(false);
    }
  });

  it('gives user and password, or a token, or nothing', async () => {
    const url = server.url;
    const header = async (who: object): Promise<string | undefined> => {
      using client = new InfluxClient({ url, database, ...who });
      await client.write(line, 1000);
      return server.lastHeaders.authorization;
    };
    expect(await header({})).to.equal(undefined);
    expect(await header({ token: 'tok-en' })).to.equal('Token tok-en');
    const basic = Buffer.from('rack:pass word').toString('base64');
    expect(await header({ user: 'rack', password: 'pass word' })).to.equal(`Basic ${basic}`);
  });
});

describe('the client over TLS', () => {
  let server: Server;
  let url: URL;
  before(async () => {
    server = createServer({ cert: loopbackCertificate, key: loopbackKey }, (request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  after(() => server.close());

  it('trusts the certificates that it was given', async () => {
    using client = new InfluxClient({ url, database, ca: loopbackCertificate });
    expect((await client.write(line, 2000)).kind).to.equal('written');
  });

  it('sends nothing to a server that it cannot trust', async () => {
    using client = new InfluxClient({ url, database, token: 'secret' });
    const answer = await client.write(line, 2000);
    expect(answer)
      .to.have.property('message')
      .that.matches(/self-signed certificate|DEPTH_ZERO/);
  });
});
