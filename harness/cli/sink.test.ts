import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ChaosServer } from '../sinks/influx/testing/chaos-server.js';
import { closedPort } from '../sinks/influx/testing/closed-port.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const TOKEN = 'a-token-that-nobody-may-see';
const RUN = ['run', '--prompt', 'Hello', '--tokens', '2', '--repeats', '2'];

/** What a user sees of metrics. Each case runs the real program in a folder of its own. */
describe('tokenrack with a sink', () => {
  let folder = '';
  let server: ChaosServer;
  let gone = '';
  let bad = '';
  before(async () => {
    gone = (await closedPort()).href;
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-sink-cli-'));
    bad = '';
    server = await ChaosServer.start({ isBad: (line) => bad !== '' && line.startsWith(bad) });
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function tokenrack(url: string, ...args: readonly string[]): Promise<Ran> {
    const env = { ...process.env, TOKENRACK_INFLUX_URL: url, TOKENRACK_INFLUX_TOKEN: TOKEN };
    return runTokenrack(args, { cwd: folder, env });
  }

  const spoolFolder = (): string => join(folder, '.tokenrack', 'influx-spool');
  const kept = (): string[] => server.points.filter((line) => !line.startsWith('live,'));
  const here = (): string => server.url.href;

  it('sends the points of a run, and again from its folder, which changes nothing', async () => {
    const ended = await tokenrack(here(), ...RUN, '--json');
    expect(ended.code, ended.err).to.equal(0);
    expect(JSON.parse(ended.out)).to.include({ verdict: 'pass' });
    const first = kept();
    expect(first.map((line) => line.split(',')[0])).to.include.members(['run', 'generation', 'board']);
    server.taken.clear();
    const again = await tokenrack(here(), 'backfill', '--all', '--json');
    expect(again.code, again.err).to.equal(0);
    expect(JSON.parse(again.out)).to.deep.include({ runs: 1, waiting: 0, written: first.length });
    expect(kept()).to.deep.equal(first);
  });

  it('keeps the points of a run while there is no server, says so, and sends them by flush', async () => {
    const ended = await tokenrack(gone, ...RUN);
    expect(ended.code, ended.err).to.equal(0);
    expect(ended.err).to.match(/takes no points: connect ECONNREFUSED.*point\(s\) wait.*sink flush/);
    const status = await tokenrack(gone, 'sink', 'status', '--json');
    expect(status.code).to.equal(3);
    const { server: found, spool, lastError } = JSON.parse(status.out);
    expect(found.reachable).to.equal(false);
    expect(spool).to.include({ quarantined: 0 });
    expect(lastError.message).to.contain('ECONNREFUSED');
    const impatient = await tokenrack(gone, 'sink', 'flush');
    expect([impatient.code, impatient.err]).to.deep.equal([3, '']);
    expect(impatient.out).to.match(
      /^sent: 0 point\(s\)\nwaiting: \d+ point\(s\): connect ECONNREFUSED \S+; --timeout SECONDS waits for the server\n$/,
    );
    const again = JSON.parse((await tokenrack(gone, 'backfill', '--since', '2099-01-01', '--json')).out);
    expect(again.message).to.match(/ECONNREFUSED.*--timeout SECONDS/);
    const flushed = await tokenrack(here(), 'sink', 'flush', '--json');
    expect(flushed.code, flushed.err).to.equal(0);
    expect(JSON.parse(flushed.out)).to.deep.equal({ written: spool.waiting, refused: 0, waiting: 0 });
    expect(kept()).to.have.length(spool.waiting);
  });

  it('ends a run well without room for the spool, and sends it later from its folder', async () => {
    await mkdir(join(folder, '.tokenrack'));
    await writeFile(spoolFolder(), 'in the way');
    const ended = await tokenrack(here(), ...RUN);
    expect(ended.code, ended.err).to.equal(0);
    expect(ended.err).to.match(/cannot write to the spool .*"tokenrack backfill /);
    expect(kept()).to.deep.equal([]);
    const flushed = await tokenrack(here(), 'sink', 'flush');
    expect([flushed.code, flushed.err]).to.deep.equal([
      3,
      `tokenrack: infra-fail: a file is where a folder should be at ${spoolFolder()} (ENOTDIR)\n`,
    ]);
    await rm(spoolFolder());
    const [run] = await readdir(join(folder, 'runs'));
    expect((await tokenrack(here(), 'backfill', run!)).code).to.equal(0);
    expect(kept().length).to.be.greaterThan(2);
  });

  it('names run folders that cannot be read, passes over them, and says so by its exit code', async () => {
    await tokenrack(here(), ...RUN);
    const broken = join(folder, 'runs', '2026-01-01_00-00-00-broken');
    await mkdir(broken);
    await writeFile(join(broken, 'plan.json'), '{"plan": 1');
    await writeFile(join(broken, 'result.json'), '');
    server.taken.clear();
    const ended = await tokenrack(here(), 'backfill', '--all');
    expect(ended.code).to.equal(2);
    expect(ended.err).to.match(/config-error: .*2026-01-01_00-00-00-broken/);
    expect(kept().length).to.be.greaterThan(2);
    expect((await tokenrack(here(), 'backfill', '--since', '2026-01-02')).code).to.equal(0);
    expect((await tokenrack(here(), 'backfill')).code).to.equal(2);
    expect((await tokenrack(here(), 'backfill', '--since', 'yesterday')).code).to.equal(2);
  });

  it('passes over runs that have come to no result, naming them, unless asked for them', async () => {
    await tokenrack(here(), ...RUN);
    const [run] = await readdir(join(folder, 'runs'));
    await rm(join(folder, 'runs', run!, 'result.json'));
    server.taken.clear();
    for (const which of ['--all', '--since=2026-01-01']) {
      const ended = await tokenrack(here(), 'backfill', which, '--json');
      expect(ended.code, ended.err).to.equal(0);
      expect(ended.err).to.contain(run!).and.to.contain('--unfinished');
      expect(JSON.parse(ended.out)).to.deep.include({ runs: 0, points: 0, unfinished: [run] });
    }
    const named = await tokenrack(here(), 'backfill', run!);
    expect(named.code).to.equal(2);
    expect(named.err).to.match(/config-error: .*result\.json.*--unfinished/);
    expect(kept()).to.deep.equal([]);
    expect((await tokenrack(here(), 'backfill', run!, '--unfinished')).code).to.equal(0);
    const points = kept();
    expect(points.length).to.be.greaterThan(2);
    server.taken.clear();
    const all = await tokenrack(here(), 'backfill', '--all', '--unfinished');
    expect([all.code, all.err]).to.deep.equal([0, '']);
    expect(kept()).to.deep.equal(points);
  });

  it('lists, shows, sends again and drops what the server refused', async () => {
    bad = 'generation,';
    const ended = await tokenrack(here(), ...RUN);
    expect(ended.code, ended.err).to.equal(0);
    expect(ended.err).to.contain('refused 2 point(s)');
    const list = JSON.parse((await tokenrack(here(), 'sink', 'quarantine', '--json')).out).quarantine;
    expect(list).to.have.length(2);
    const shown = await tokenrack(here(), 'sink', 'quarantine', list[0].id);
    expect(shown.out).to.contain('message: 400: partial write').and.to.contain(list[0].line);
    expect((await tokenrack(here(), 'sink', 'quarantine', 'nobody')).code).to.equal(2);
    expect((await tokenrack(here(), 'sink', 'quarantine', '--retry')).code).to.equal(3);
    bad = '';
    expect((await tokenrack(here(), 'sink', 'quarantine', list[0].id, '--retry')).code).to.equal(0);
    expect(server.points).to.include(list[0].line);
    await tokenrack(here(), 'sink', 'quarantine', '--drop');
    expect((await tokenrack(here(), 'sink', 'quarantine')).out).to.equal('nothing in quarantine\n');
  });

  it('leaves the token nowhere', async () => {
    const ended = [await tokenrack(here(), ...RUN, '--json'), await tokenrack(gone, ...RUN)];
    ended.push(await tokenrack(here(), 'sink', 'status'));
    expect(server.lastHeaders.authorization).to.equal(`Token ${TOKEN}`);
    for (const { out, err } of ended) expect(out + err).to.not.contain(TOKEN);
    for (const name of await readdir(folder, { recursive: true })) {
      const path = join(folder, name);
      if ((await stat(path)).isFile()) expect(await readFile(path, 'latin1'), name).to.not.contain(TOKEN);
    }
  });

  it('refuses, before anything is touched, a sink that it does not know or cannot reach by configuration', async () => {
    const stranger = await tokenrack(here(), ...RUN, '--sink', 'graphite');
    expect([stranger.code, stranger.err]).to.deep.equal([
      2,
      'tokenrack: config-error: no sink "graphite": there are influx and none\n',
    ]);
    const nowhere = await tokenrack('', ...RUN, '--sink', 'influx');
    expect(nowhere.code).to.equal(2);
    expect(nowhere.err).to.contain('TOKENRACK_INFLUX_URL');
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('sends nothing with --sink none', async () => {
    expect((await tokenrack(here(), ...RUN, '--sink', 'none')).code).to.equal(0);
    expect(server.requests).to.equal(0);
  });
});
