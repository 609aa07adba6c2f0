import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { randomBits } from '../../model/random-bits.js';
import { InfluxClient } from './client.js';
import { toLine } from './line-protocol.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';
import { Influxd } from './testing/influxd.js';
import { describeWithInfluxd } from './testing/influxd-tier.js';

const { trials = 2, requiredTools } = readEnvironment();
const START_NS = 1_764_547_200_000_000_000n;

function pointLine(nth: number, field: number | string): string {
  const tags = { board: `cam-${nth % 3}`, prompt: `say, "x" = ${nth % 7}\n` };
  return toLine({
    measurement: 'chaos',
    tags,
    fields: { value: field },
    timestampNs: START_NS + BigInt(nth),
  });
}

describeWithInfluxd('the spool before a real influxd', requiredTools, () => {
  let folder = '';
  let server: Influxd;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-chaos-'));
    server = await Influxd.start();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function open(database = 'tokenrack') {
    const spool = new Spool(folder);
    const quarantine = new Quarantine(folder);
    const client = new InfluxClient({ url: new URL(server.url), database });
    const sender = new Sender({ spool, quarantine, writer: client, requestTimeoutMs: 2000 });
    return { spool, quarantine, client, sender, [Symbol.dispose]: () => client[Symbol.dispose]() };
  }

  async function values(): Promise<Map<string, unknown>> {
    const [series] = await server.query('SELECT "value" FROM "chaos"');
    return new Map((series?.values ?? []).map(([time, value]) => [String(time), value]));
  }

  for (let seed = 1; seed <= trials; seed++)
    it(`brings every point there once while the server is killed and hung (seed ${seed})`, async function () {
      this.timeout(60_000);
      const bits = randomBits(seed, 11);
      using way = open();
      const count = 20_000;
      for (let at = 0; at < count; at += 1000)
        await way.spool.append(Array.from({ length: 1000 }, (_, nth) => pointLine(at + nth, at + nth)));
      for (let blow = 0; blow < 4; blow++) {
        const drained = way.sender.drain();
        await new Promise((resolve) => setTimeout(resolve, bits() % 120));
        if (bits() % 2 === 0) await server.kill();
        else await server.stop();
        await new Promise((resolve) => setTimeout(resolve, bits() % 60));
        way.sender.stop('hung');
        way.client.abort();
        await drained;
        server.cont();
        await server.start();
      }
      expect(await way.sender.drain()).to.deep.equal({ kind: 'empty' });
      const found = await values();
      expect(found.size).to.equal(count);
      for (let nth = 0; nth < count; nth++)
        if (found.get(String(START_NS + BigInt(nth))) !== nth)
          expect.fail(`point ${nth} is not what was sent`);
      expect(await way.quarantine.count()).to.equal(0);
    });

  it('quarantines a field of another type and a line that is none, with the server’s words, and nothing else', async () => {
    using way = open();
    await way.spool.append([pointLine(0, 0)]);
    await way.sender.drain();
    const odd = [pointLine(1, 'text where numbers are'), 'no line protocol', 'm v=1 notatime', 'm v="open 1'];
    const good = Array.from({ length: 40 }, (_, nth) => pointLine(nth + 2, nth + 2));
    await way.spool.append([...good.slice(0, 20), ...odd, ...good.slice(20)]);
    expect(await way.sender.drain()).to.deep.equal({ kind: 'empty' });
    const refused = await way.quarantine.list();
    expect(refused.map(({ line }) => line)).to.have.members(odd);
    const typed = refused.find(({ line }) => line === odd[0])!;
    expect(typed.message).to.match(/^400: partial write: field type conflict/);
    expect((await values()).size).to.equal(41);
  });

  it('keeps everything for a database that is not there, and sends it when it is', async () => {
    using way = open('later');
    await way.spool.append([pointLine(0, 0)]);
    expect(await way.sender.drain()).to.deep.equal({
      kind: 'stopped',
      message: '404: database not found: "later"',
    });
    expect((await way.spool.status()).waiting).to.equal(1);
    await server.query('CREATE DATABASE "later"');
    expect(await way.sender.drain()).to.deep.equal({ kind: 'empty' });
  });

  it('splits what the server finds too large', async function () {
    this.timeout(30_000);
    await server[Symbol.asyncDispose]();
    server = await Influxd.start({ http: { 'max-body-size': 10_000 } });
    using way = open();
    await way.spool.append(Array.from({ length: 3000 }, (_, nth) => pointLine(nth, nth)));
    expect(await way.sender.drain()).to.deep.equal({ kind: 'empty' });
    expect((await values()).size).to.equal(3000);
  });

  it('keeps everything when it is not let in', async () => {
    await server[Symbol.asyncDispose]();
    const credentials = { username: 'rack', password: 'pass word' };
    server = await Influxd.start({ credentials });
    using stranger = open();
    await stranger.spool.append([pointLine(0, 0)]);
    expect(await stranger.sender.drain())
      .to.have.property('message')
      .that.matches(/^401: /);
    const url = new URL(server.url);
    using client = new InfluxClient({ url, database: 'tokenrack', user: 'rack', password: 'pass word' });
    const sender = new Sender({ spool: stranger.spool, quarantine: stranger.quarantine, writer: client });
    expect(await sender.drain()).to.deep.equal({ kind: 'empty' });
    expect((await values()).size).to.equal(1);
  });
});
