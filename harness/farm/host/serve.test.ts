import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { deriveResult } from '../../bench/derive.js';
import { runScenario } from '../../bench/run-scenario.js';
import { parseScenario, type ScenarioInput } from '../../bench/scenario-spec.js';
import { acquireLease } from '../../lease/acquire.js';
import { packageRoot } from '../../paths.js';
import { quarantine } from '../../rack/health-file.js';
import { boardSchema } from '../../rack/rack-schema.js';
import type { RunResult } from '../../results/result.js';
import { RunFolder } from '../../results/run-folder.js';
import { tokenrackVersion } from '../../version.js';
import { openFolderStore } from '../blobs/folder-store.js';
import { fetchTree, ship } from '../blobs/ship.js';
import { eventOfLine } from '../jobs/job-line.js';
import { makeJob } from '../jobs/make-job.js';
import { placed, sampleBoard } from '../jobs/testing/sample-job.js';
import { type HostClient, openHostClient } from './client.js';

const never = new AbortController().signal;

/** The real program over its standard input and output, as SSH would have it. */
describe('tokenrack host', () => {
  let folder = '';
  let state = '';
  let child: ChildProcessWithoutNullStreams;
  let client: HostClient;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-host-'));
    state = join(folder, 'state');
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const env = { ...process.env, TOKENRACK_MACHINE: join(folder, 'machine') };
    child = spawn(process.execPath, [main, 'host', '--state', state], { cwd: folder, env });
    client = openHostClient({ stdin: child.stdin, stdout: child.stdout });
  });
  afterEach(async () => {
    child.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'nothing was thrown',
      ({ code }: { code: string }) => code,
    );

  it('is not shown to people', async () => {
    const help = spawn(process.execPath, [join(packageRoot, 'dist', 'cli', 'main.js'), '--help']);
    let text = '';
    help.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await new Promise((done) => help.on('close', done));
    expect(text)
      .to.match(/\n {2}run .*\n/)
      .and.not.match(/\n {2}host/);
  });

  it('answers nobody of another version, nor who did not say his', async () => {
    expect(await codeOf(client.call('lease.list', {}))).to.equal('no-hello');
    expect(await codeOf(client.hello('9.9.9'))).to.equal('other-version');
    expect(await codeOf(client.call('lease.list', {}))).to.equal('no-hello');
    await client.hello(tokenrackVersion);
    expect(await client.call('lease.list', {})).to.deep.equal({ leases: [] });
  });

  it('ends, with a line, when what comes is no request', async () => {
    child.stdin.write('GET / HTTP/1.1\r\n\r\n');
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    expect(await new Promise((done) => child.on('close', done))).to.equal(3);
    expect(text).to.match(/^tokenrack: infra-fail: .*GET \/ HTTP/);
  });

  it('says what it knows of boards without touching them', async () => {
    await client.hello(tokenrackVersion);
    const usb = boardSchema.parse({
      id: 'cam-9',
      mac: '24:6f:28:7a:00:99',
      link: 'usb',
      port: '/dev/no-such-port',
    });
    const boards = [sampleBoard, usb];
    const status = async () => (await client.call('boards.status', { boards })).boards;
    expect(await status()).to.deep.equal([
      { mac: sampleBoard.mac, state: 'free' },
      { mac: usb.mac, state: 'unreachable', why: '/dev/no-such-port: ENOENT' },
    ]);
    const own = join(state, 'boards', sampleBoard.mac.replaceAll(':', '-'));
    const lease = await acquireLease({
      folder: own,
      board: 'cam-1',
      mac: sampleBoard.mac,
      what: 'a test',
      expectedMs: 60_000,
    });
    const [held] = await status();
    expect(held?.state).to.equal('held');
    expect(held?.why).to.match(/^a test \(.*process \d+\)$/);
    expect(held?.freeInMs).to.be.within(50_000, 60_000);
    const { leases } = await client.call('lease.list', {});
    expect(leases.map(({ mac, holder }) => [mac, holder?.what])).to.deep.equal([[sampleBoard.mac, 'a test']]);
    expect(await client.call('lease.release', { mac: sampleBoard.mac })).to.include({ state: 'revoked' });
    await lease.release();
    await quarantine(own, 'no answer after five resets');
    expect((await status())[0]).to.deep.include({ state: 'quarantined', why: 'no answer after five resets' });
    expect(await codeOf(client.call('lease.release', { mac: '00:00:00:00:00:00' }))).to.equal('no-lease');
  });

  const spec: ScenarioInput = {
    prompts: ['Hello there', 'Once upon a time'],
    generate: { tokens: 6 },
    repeats: 2,
    warmups: 0,
  };
  const told = ({ verdict, generations, conformity, measurements, failures }: RunResult) => ({
    verdict,
    generations,
    conformity,
    measurements,
    failures,
  });

  it('runs a job to the same verdict, tokens, checksums and modelled times as a run right here', async () => {
    const parsed = parseScenario('ad hoc', spec);
    const overrides = { prompts: ['Hello there', 'Once upon a time'], tokens: 6, repeats: 2 };
    const { job, made } = await makeJob({ id: 'whole', title: 'ad hoc', spec: parsed, overrides });
    await client.hello(tokenrackVersion);
    expect(await client.call('blobs.missing', { hashes: [job.tree] })).to.deep.equal({ missing: [job.tree] });
    const store = await openFolderStore(join(state, 'blobs'));
    await ship(made, store);
    const start = () => client.call('job.start', { job, placement: placed() });
    expect(await start()).to.deep.equal({ state: 'started' });
    expect(await start()).to.deep.equal({ state: 'already' });
    const types: string[] = [];
    const outcome = await client.follow(
      { id: 'whole', try: 1 },
      0,
      (line) => void types.push(eventOfLine(line)?.type ?? 'note'),
      never,
    );
    expect(types.filter((type) => type === 'token')).to.have.length(24);
    expect(outcome.boards).to.deep.equal([{ id: 'cam-1', mac: sampleBoard.mac, fence: 1 }]);

    const fetched = join(folder, 'fetched');
    const near = await openFolderStore(join(folder, 'near'));
    await fetchTree(store, outcome.run!.tree, near, fetched);
    const far = await deriveResult(await RunFolder.open(fetched));
    const here = await runScenario('ad hoc', parsed, [], {
      rack: { path: 'test', hosts: [], boards: [sampleBoard] },
      boards: [],
      retries: 0,
      stateFolder: join(folder, 'here'),
      runsFolder: join(folder, 'runs'),
      onEvent: () => {},
    });
    expect(outcome.verdict).to.equal('pass');
    expect(told(far)).to.deep.equal(told(here));
    expect(await crcs(fetched))
      .to.deep.equal(await crcs(here.run.folder))
      .and.have.length(24);
  });
});

/** Every logits checksum that the board sent, in order. */
async function crcs(run: string): Promise<string[]> {
  const bytes = await readFile(join(run, 'boards', 'cam-1', 'attempt-1', 'uart.bin'), 'latin1');
  return [...bytes.matchAll(/"crc":"?([0-9a-f]+)/g)].map(([, crc]) => crc!);
}
