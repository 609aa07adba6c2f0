import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InfluxClient } from './client.js';
import { flush } from './flush.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';
import { ChaosServer } from './testing/chaos-server.js';
import { closedPort } from './testing/closed-port.js';

const signal = new AbortController().signal;

describe('flush', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-flush-'));
    await new Spool(folder).append(['a v=1 1']);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function send(url: URL, options: { readonly timeoutMs: number; readonly waitForServer: boolean }) {
    using client = new InfluxClient({ url, database: 'tokenrack' });
    const sender = new Sender({
      spool: new Spool(folder),
      quarantine: new Quarantine(folder),
      writer: client,
    });
    return { outcome: await flush({ sender, client, signal, ...options }), written: sender.written };
  }

  it('tries once where nobody is at the address of the server', async () => {
    const { outcome } = await send(await closedPort(), { timeoutMs: 3_600_000, waitForServer: false });
    expect(outcome)
      .to.deep.include({ kind: 'stopped' })
      .and.have.property('message')
      .match(/ECONNREFUSED/);
  });

  it('waits, when it is to, for a server that restarts', async () => {
    const url = await closedPort();
    const sent = send(url, { timeoutMs: 60_000, waitForServer: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await using server = await ChaosServer.start({ port: Number(url.port) });
    expect(await sent).to.deep.equal({ outcome: { kind: 'empty' }, written: 1 });
    expect([...server.taken.keys()]).to.deep.equal(['a v=1 1']);
  });

  it('goes on trying a server that is there and takes nothing yet', async () => {
    let asked = 0;
    await using server = await ChaosServer.start({ mood: () => (asked++ === 0 ? 503 : 'well') });
    const sent = await send(server.url, { timeoutMs: 60_000, waitForServer: false });
    expect(sent).to.deep.equal({ outcome: { kind: 'empty' }, written: 1 });
  });
});
