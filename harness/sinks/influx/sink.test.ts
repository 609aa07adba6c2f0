import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunResult } from '../../results/result.js';
import type { Point } from './point.js';
import { InfluxSink, patienceMs } from './sink.js';
import { Spool } from './spool.js';
import { SenderLock } from './spool-lock.js';
import { Quarantine } from './spool-quarantine.js';
import { type ChaosOptions, ChaosServer } from './testing/chaos-server.js';

const result = { run: { folder: 'runs/one' } } as RunResult;
const TOKEN = 'top-secret-token';

function pointsOf(): Point[] {
  return Array.from({ length: 7 }, (_, nth) => ({
    measurement: nth === 2 ? 'odd' : 'run',
    tags: {},
    fields: { value: nth },
    timestampNs: BigInt(nth),
  }));
}

describe('the sink influx', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-sink-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function bench(options: ChaosOptions) {
    const server = await ChaosServer.start(options);
    const said: string[] = [];
    const spoolFolder = join(folder, 'spool');
    const settings = { destination: { url: server.url, database: 'tokenrack', token: TOKEN } };
    const make = () => new InfluxSink({ settings, spoolFolder, pointsOf, say: (line) => said.push(line) });
    return {
      server,
      said,
      spool: new Spool(spoolFolder),
      make,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }

  it('has the points on disk when a result was given, and at the server at the end', async () => {
    await using b = await bench({ delayMs: 20 });
    const sink = b.make();
    await sink.result(result);
    expect((await b.spool.status()).waiting).to.equal(7);
    await sink.finish();
    expect(b.server.points).to.have.length(7);
    expect((await b.spool.status()).waiting).to.equal(0);
    expect(b.said).to.deep.equal([]);
  });

  it('waits a tenth of a second for a server that hangs, and says once what waits', async () => {
    await using b = await bench({ mood: () => 'hang' });
    const sink = b.make();
    await sink.result(result);
    const startedAt = performance.now();
    await sink.finish();
    expect(performance.now() - startedAt).to.be.within(80, 600);
    expect(b.said).to.have.length(1);
    expect(b.said[0]).to.match(/takes no points: no answer within 100 ms; 7 point\(s\) wait in the spool/);
    expect((await b.spool.status()).waiting).to.equal(7);
  });

  it('goes on as long as the server acknowledges', async () => {
    await using b = await bench({ delayMs: 60 });
    for (let segment = 0; segment < 6; segment++)
      await b.spool.append(Array.from({ length: 5000 }, (_, nth) => `m v=1 ${segment * 5000 + nth}`));
    const startedAt = performance.now();
    await b.make().finish();
    // Six answers of 60 ms, well beyond the tenth of a second; on a busy machine a timer counts from before it was set.
    expect(performance.now() - startedAt).to.be.greaterThan(200);
    expect(b.server.taken.size).to.equal(30_000);
  });

  for (const mood of [401, 503] as const)
    it(`loses no time with a server that answers ${mood}, and never shows the token`, async () => {
      await using b = await bench({ mood: () => mood });
      const sink = b.make();
      await sink.result(result);
      await sink.finish();
      expect(b.said.join()).to.contain('7 point(s) wait').and.not.contain(TOKEN);
    });

  it('sends what an earlier command left', async () => {
    await using b = await bench({});
    await b.spool.append(['m v=1 1']);
    await b.make().finish();
    expect(b.server.points).to.deep.equal(['m v=1 1']);
  });

  it('sends its points itself when another sender, who was sending, is gone', async () => {
    await using b = await bench({});
    const sink = b.make();
    const other = await SenderLock.take(join(folder, 'spool'));
    await sink.result(result);
    const finished = sink.finish();
    await other?.[Symbol.asyncDispose]();
    await finished;
    expect(b.server.points).to.have.length(7);
    expect(b.said).to.deep.equal([]);
  });

  it('says that points went to quarantine', async () => {
    await using b = await bench({ isBad: (line) => line.startsWith('odd') });
    const sink = b.make();
    await sink.result(result);
    await sink.finish();
    expect(b.said.join()).to.contain('refused 1 point(s)');
    expect(await new Quarantine(join(folder, 'spool')).count()).to.equal(1);
    expect(b.server.points).to.have.length(6);
  });

  it('does not hinder the run when the spool cannot be written, and names the way to send it later', async () => {
    await using b = await bench({});
    await writeFile(join(folder, 'spool'), 'a file where the folder should be');
    const sink = b.make();
    await sink.result(result);
    await sink.finish();
    expect(b.said).to.have.length(1);
    expect(b.said[0]).to.match(/cannot write to the spool .*: EEXIST; "tokenrack backfill runs\/one"/);
  });

  it('is patient by the duration of the command, within limits', () => {
    expect([0, 5_000, 60_000, 3_600_000].map(patienceMs)).to.deep.equal([100, 100, 600, 5_000]);
  });
});
