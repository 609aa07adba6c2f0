import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readEnvironment } from '../config/environment.js';
import { Sshd } from '../farm/testing/sshd.js';
import { describeWithSshd } from '../farm/testing/sshd-tier.js';
import { acquireLease } from '../lease/acquire.js';
import { packageRoot } from '../paths.js';
import type { RunResult } from '../results/result.js';

const MACS = ['24:6f:28:7a:01:01', '24:6f:28:7a:01:02', '24:6f:28:7a:01:03'];
const main = join(packageRoot, 'dist', 'cli', 'main.js');

/** The real command, with a rack host behind a real sshd on this machine. */
describeWithSshd('tokenrack run on boards of another machine', readEnvironment().requiredTools, function () {
  this.timeout(120_000);
  let folder = '';
  let sshd: Sshd;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-elsewhere-'));
    sshd = await Sshd.start();
    await makeProject();
  });
  after(async () => {
    await sshd[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const project = () => join(folder, 'project');
  const far = () => join(folder, 'far');

  /** A scenario that imports what lies beside it, and whose model and prompts lie elsewhere. */
  async function makeProject(): Promise<void> {
    await mkdir(join(project(), 'scenarios', 'node_modules'), { recursive: true });
    await mkdir(join(project(), 'prompts'));
    await cp(join(packageRoot, 'fixtures', 'models', 'little-stories'), join(folder, 'models', 'tale'), {
      recursive: true,
    });
    await writeFile(join(project(), 'prompts', 'two.yaml'), 'prompts: [Hello there, Once upon a time]\n');
    await writeFile(join(project(), 'scenarios', 'length.ts'), 'export const LENGTH: number = 5;\n');
    await writeFile(
      join(project(), 'scenarios', 'tale.scenario.ts'),
      `import { expect } from 'chai';
import { logits, scenario, tokens } from 'tokenrack';
import { LENGTH } from './length.js';
scenario('a tale', {
  model: ${JSON.stringify(join(folder, 'models', 'tale'))},
  prompts: 'prompts/two.yaml',
  generate: { tokens: LENGTH },
  repeats: 1,
  warmups: 0,
  expect: [tokens.equalTheReference(), logits.equalTheReferenceToTheBit()],
}, {
  'makes as many tokens as it was asked for': (result) => {
    for (const { tokens } of result.generations) expect(tokens).to.have.length(LENGTH);
  },
});
`,
    );
    const boards = MACS.map((mac, index) => ({ id: `cam-${index + 1}`, mac, link: 'virtual' }));
    const host = sshd.host({ id: 'desk-2', command: [process.execPath, main], state: far() });
    const away = boards.slice(1).map((board) => ({ ...board, rack_host: 'desk-2', labels: ['away'] }));
    await writeFile(join(project(), 'rack.yaml'), stringify({ hosts: [host], boards: [boards[0], ...away] }));
    await writeFile(join(project(), 'here.yaml'), stringify({ boards }));
  }

  interface Ended {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }

  function tokenrack(...args: readonly string[]): Promise<Ended> {
    return watched(args, () => {});
  }

  /** @param onOut is told what it has printed so far */
  function watched(args: readonly string[], onOut: (out: string) => void): Promise<Ended> {
    const env = {
      ...process.env,
      TOKENRACK_STATE: join(folder, 'near'),
      TOKENRACK_RUNS: join(folder, 'runs'),
      TOKENRACK_MACHINE: join(folder, 'machine'),
    };
    const child = spawn(process.execPath, [main, ...args], { cwd: project(), env });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
      onOut(said.out);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    return new Promise((done) => child.on('close', (code) => done({ code: code ?? -1, ...said })));
  }

  const scenario = join('scenarios', 'tale.scenario.ts');
  const told = ({
    verdict,
    model,
    generations,
    conformity,
    measurements,
    expectations,
    failures,
  }: RunResult) => ({
    verdict,
    model: { ...model, path: '' },
    generations,
    conformity,
    measurements,
    expectations,
    failures,
  });

  it('comes to the same result as on a board of this machine, told live, its run folder here', async () => {
    const there = await tokenrack('run', scenario, '--json', '--board', 'cam-2');
    expect(there.code, there.err).to.equal(0);
    const here = await tokenrack('run', scenario, '--json', '--board', 'cam-2', '--rack', 'here.yaml');
    expect(here.code, here.err).to.equal(0);
    const result = JSON.parse(there.out) as RunResult;
    expect(told(result)).to.deep.equal(told(JSON.parse(here.out) as RunResult));
    expect(result.run.folder).to.equal(join(folder, 'runs', result.run.id));
    expect(await readdir(result.run.folder)).to.include.members([
      'plan.json',
      'reference.json',
      'result.json',
    ]);
    expect(await readFile(join(result.run.folder, 'summary.txt'), 'utf8')).to.include(result.run.folder);
    expect(there.err)
      .to.match(/a tale\n/)
      .and.match(/cam-2: booted build/)
      .and.match(/Once upon a time/);
    expect(await readdir(join(far(), 'boards'))).to.deep.equal([MACS[1]!.replaceAll(':', '-')]);
  });

  it('chooses by labels among all boards of the rack', async () => {
    const { code, out, err } = await tokenrack(
      'run',
      '--prompt',
      'Hello',
      '--tokens',
      '2',
      '--json',
      '--board',
      'cam-1',
    );
    expect(code, err).to.equal(0);
    expect((JSON.parse(out) as RunResult).boards.map(({ id }) => id)).to.deep.equal(['cam-1']);
    const text = await readFile(join(project(), scenario), 'utf8');
    const away = join('scenarios', 'away.scenario.ts');
    await writeFile(
      join(project(), away),
      text.replace('repeats: 1', "boards: { labels: ['away'], count: 2 }, repeats: 1"),
    );
    const two = await tokenrack('run', away, '--json');
    expect(two.code, two.err).to.equal(0);
    expect((JSON.parse(two.out) as RunResult).boards.map(({ id }) => id)).to.deep.equal(['cam-2', 'cam-3']);
  });

  it('refuses boards of several machines for one run', async () => {
    const { code, err } = await tokenrack('run', '--prompt', 'Hello', '--board', 'cam-1', '--board', 'cam-2');
    expect(err).to.match(/config-error: .*one machine.*cam-1 on this machine; cam-2 on desk-2/);
    expect(code).to.equal(2);
  });

  it('says what a scenario cannot be, as on this machine', async () => {
    const { code, err } = await tokenrack('run', scenario, '--board', 'cam-2', '--context', '100000');
    expect(err).to.match(/config-error: .*context of 100000/);
    expect(code).to.equal(2);
  });

  it('waits for a board that somebody has there, as long as it may', async () => {
    const mac = MACS[1]!;
    const lease = await acquireLease({
      folder: join(far(), 'boards', mac.replaceAll(':', '-')),
      board: 'cam-2',
      mac,
      what: 'a look at it',
    });
    const listed = await tokenrack('lease', 'list', '--json', '--rack', 'rack.yaml');
    const { leases } = JSON.parse(listed.out) as {
      leases: { board: string; host?: string; holder?: object }[];
    };
    expect(leases.find(({ board }) => board === 'cam-2')).to.deep.include({ host: 'desk-2', board: 'cam-2' });
    expect((await tokenrack('lease', 'list')).out).to.match(/cam-2 on desk-2 .* a look at it /);
    const args = ['run', '--prompt', 'Hello', '--tokens', '2', '--board', 'cam-2'];
    const tooShort = await tokenrack(...args, '--wait', '1');
    expect(tooShort.err).to.match(/infra-fail: .*cam-2 is held \(a look at it/);
    expect(tooShort.code).to.equal(3);
    const request = { folder: join(far(), 'boards', mac.replaceAll(':', '-')), board: 'cam-2', mac };
    const before = acquireLease({ ...request, what: 'another look', expectedMs: 60_000 });
    let released: Promise<void> | undefined;
    const { code, out, err } = await watched(args, (text) => {
      if (/cam-2: second in line; held by .* for a look at it/.test(text))
        released ??= lease.release().then(async () => (await before).release());
    });
    await released;
    expect(code, err).to.equal(0);
    expect(out).to.match(/second in line[\s\S]*cam-2: booted/);
  });
});
