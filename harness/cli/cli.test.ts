import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { leaseForTest } from '../lease/testing/lease-for-test.js';
import { packageRoot } from '../paths.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const fixtureModel = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** What a user of the command sees. Each case runs the real program in a folder of its own. */
describe('tokenrack', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-cli-'));
  });
  after(() => rm(folder, { recursive: true }));

  function tokenrack(...args: readonly string[]): Promise<Ran> {
    return runTokenrack(args, { cwd: folder });
  }

  /** Refused with one line; on standard output nothing but, with --json, one object that says the verdict. */
  async function refused(code: number, message: RegExp, ...args: readonly string[]): Promise<void> {
    const ended = await tokenrack(...args);
    expect(ended.err.trim().split('\n'), ended.err).to.have.length(1);
    expect(ended.err).to.match(message);
    if (args.includes('--json')) expect(JSON.parse(ended.out)).to.include({ verdict: 'config-error' });
    else expect(ended.out).to.equal('');
    expect(ended.code).to.equal(code);
  }

  /** A copy of the fixture model that a test may damage. */
  async function copyModel(name: string): Promise<string> {
    const copy = join(folder, name);
    await cp(fixtureModel, copy, { recursive: true });
    return copy;
  }

  it('refuses a model that is not there', () =>
    refused(2, /config-error: .*nowhere/, 'run', '--json', '--model', 'nowhere', '--prompt', 'Hello'));

  it('refuses a truncated llama2.c file, saying what was expected', async () => {
    const path = join(folder, 'short.bin');
    const header = Int32Array.of(64, 172, 5, 8, 4, 512, 512);
    await writeFile(path, new Uint8Array(header.buffer));
    await truncate(path, 5000);
    await refused(2, /short\.bin.*5,?000/, 'run', '--json', '--model', path, '--prompt', 'Hello');
  });

  it('refuses a tensor of the wrong size by name', async () => {
    const model = await copyModel('wrong-size');
    const path = join(model, 'config.json');
    const config = await readFile(path, 'utf8');
    await writeFile(path, config.replace(/"intermediate_size": *192/, '"intermediate_size": 200'));
    await refused(2, /(gate|up|down)_proj/, 'run', '--json', '--model', model, '--prompt', 'Hello');
  });

  it('refuses weights that are NaN, naming the tensor', async () => {
    const model = await copyModel('nan');
    const path = join(model, 'model.safetensors');
    const bytes = await readFile(path);
    bytes.writeUInt32LE(0x7fc00000, bytes.length - 4);
    await writeFile(path, bytes);
    await refused(2, /NaN/, 'run', '--json', '--model', model, '--prompt', 'Hello');
  });

  it('refuses a board that the rack does not have, naming those it has', () =>
    refused(2, /no board "cam-9".*cam-1, cam-2/, 'run', '--json', '--prompt', 'Hello', '--board', 'cam-9'));

  it('refuses an unknown key of a rack file with its line', async () => {
    const path = join(folder, 'rack-bad.yaml');
    await writeFile(
      path,
      'boards:\n  - id: a\n    link: virtual\n    mac: "24:6f:28:00:00:01"\n    colour: red\n',
    );
    await refused(2, /rack-bad\.yaml:5: unknown key "colour"/, 'boards', '--rack', path);
  });

  it('refuses a prompt that does not fit the context', () => {
    const prompt = 'Once upon a time there was a fox. '.repeat(80);
    return refused(2, /do not fit the context of 256/, 'run', '--json', '--prompt', prompt);
  });

  it('refuses an unknown option with exit code 2', async () => {
    const ended = await tokenrack('run', '--speed', '9');
    expect(ended.code).to.equal(2);
    expect(ended.err).to.match(/unknown option '--speed'/);
  });

  it('prints its one object for a bad option too', async () => {
    const ended = await tokenrack('run', '--json', '--speed', '9');
    expect(JSON.parse(ended.out)).to.include({ verdict: 'config-error' });
    expect(ended.code).to.equal(2);
  });

  it('refuses a scenario file that is not there', () =>
    refused(2, /no such scenario file/, 'run', 'none.scenario.ts'));

  it('refuses a replay of what is no run folder', () => refused(2, /is no run folder/, 'replay', folder));

  /** A scenario file outside the package, as a user's project has it. */
  async function scenarioFile(name: string, body: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, `import { scenario } from 'tokenrack';\n${body}`);
    return path;
  }
  const quick = "prompts: ['Hello, how are you?'], generate: { tokens: 2 }, repeats: 1, warmups: 0";

  it('runs a scenario file of any folder, and waits for its asynchronous assertions', async () => {
    const body = `scenario('late', { ${quick} }, {
      'says no later': async () => { await Promise.resolve(); throw new Error('no, as I said'); },
    });`;
    const ended = await tokenrack('run', '--json', await scenarioFile('late.scenario.ts', body));
    expect(ended.code, ended.err).to.equal(1);
    expect(JSON.parse(ended.out).failures[0].message).to.equal('says no later: no, as I said');
  });

  it('does not pass a scenario file in which another test fails', async () => {
    const body = `const spec = { ${quick} } as object;
      scenario('good', spec);
      describe('mine', () => it('fails', () => { throw new Error('I fail'); }));`;
    const ended = await tokenrack('run', '--json', await scenarioFile('mixed.scenario.ts', body));
    expect(ended.code, ended.err).to.equal(1);
    expect(ended.err).to.contain('product-fail: mine fails: I fail');
  });

  it('does not pass a file without a scenario', async () =>
    refused(
      2,
      /no scenario in .*none-in-it/,
      'run',
      '--json',
      await scenarioFile('none-in-it.scenario.ts', ''),
    ));

  it('names the file and the reason when a scenario cannot be loaded', async () =>
    refused(
      2,
      /cannot load .*broken\.scenario\.ts: /,
      'run',
      '--json',
      await scenarioFile('broken.scenario.ts', 'scenario('),
    ));

  it('refuses an unknown key of a scenario', async () =>
    refused(
      2,
      /scenario "x": unknown key "speed"/,
      'run',
      '--json',
      await scenarioFile('x.scenario.ts', "scenario('x', { speed: 9 } as object);"),
    ));

  it('refuses a board that is named twice', () =>
    refused(
      2,
      /cam-1 is named twice/,
      'run',
      '--json',
      '--prompt',
      'Hello',
      '--board',
      'cam-1',
      '--board',
      'cam-1',
    ));

  it('lists the boards of the packaged rack as JSON', async () => {
    const ended = await tokenrack('boards', '--json');
    expect(ended.code).to.equal(0);
    const { boards } = JSON.parse(ended.out) as { boards: { id: string; clock: string }[] };
    expect(boards.map(({ id, clock }) => [id, clock])).to.deep.equal([
      ['cam-1', 'modelled'],
      ['cam-2', 'modelled'],
      ['cam-3', 'modelled'],
      ['cam-4', 'modelled'],
    ]);
  });

  it('runs a prompt on a virtual board with nothing but the result on standard output, and replays it', async () => {
    const ended = await tokenrack('run', '--json', '--prompt', 'Once upon a time', '--tokens', '8');
    expect(ended.code, ended.err).to.equal(0);
    const result = JSON.parse(ended.out);
    expect(result.verdict).to.equal('pass');
    expect(result.generations).to.have.length(1);
    expect(result.generations[0]).to.include({ referenceEqual: true, logitsEqual: true });
    expect(result.generations[0].tokens).to.have.length(8);
    const replayed = await tokenrack('replay', '--json', result.run.folder);
    expect(replayed.code, replayed.err).to.equal(0);
    expect(JSON.parse(replayed.out)).to.deep.equal(result);
  });

  it('labels a run as it is told, in its plan and its result', async () => {
    const labels = ['--suite', 'nightly', '--channel', 'v1.2', '--arm', 'reference'];
    const ended = await tokenrack('run', '--json', '--prompt', 'Hello', '--tokens', '2', ...labels);
    expect(ended.code, ended.err).to.equal(0);
    const result = JSON.parse(ended.out);
    expect(result.labels).to.deep.equal({ suite: 'nightly', channel: 'v1.2', arm: 'reference' });
    const plan = JSON.parse(await readFile(join(result.run.folder, 'plan.json'), 'utf8'));
    expect(plan.labels).to.deep.equal(result.labels);
  });

  for (const [flag, value] of [
    ['--suite', 'every night'],
    ['--channel', 'x'.repeat(41)],
    ['--arm', 'control'],
  ] as const) {
    it(`refuses the label ${flag} ${value}`, () =>
      refused(
        2,
        new RegExp(`config-error: .*${flag.slice(2)}.*${value}`),
        'run',
        '--json',
        '--prompt',
        'a',
        flag,
        value,
      ));
  }

  it('says which process holds a board that is in use', async () => {
    await using _lease = await leaseForTest(join(folder, '.tokenrack'), {
      id: 'cam-2',
      mac: '24:6f:28:7a:00:02',
    });
    const args = ['--prompt', 'Hello', '--tokens', '2', '--board', 'cam-2', '--wait', '1'];
    const ended = await tokenrack('run', '--json', ...args);
    expect(ended.code).to.equal(3);
    expect(ended.err).to.contain('cam-2: next in line; held by');
    expect(ended.err).to.contain(`(process ${process.pid}) has it for test`);
    expect(JSON.parse(ended.out)).to.deep.include({ verdict: 'infra-fail' });
  });
});
