import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';

const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');

describe('tokenrack doctor', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-doctor-'));
  });
  after(() => rm(folder, { recursive: true }));

  interface Said {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }
  const doctor = (...args: readonly string[]): Said => tokenrackWith({}, 'doctor', ...args);

  function tokenrackWith(variables: NodeJS.ProcessEnv, ...args: readonly string[]): Said {
    const places = { TOKENRACK_STATE: join(folder, 'state'), TOKENRACK_MACHINE: folder };
    const env = { ...process.env, ...places, ...variables };
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    return spawnSync(process.execPath, [main, ...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
  }

  it('finds nothing wrong where virtual boards are all there is', () => {
    const { status, stdout } = doctor();
    expect(stdout)
      .to.match(/^ok {7}Node\.js: v/)
      .and.match(/ok {7}firmware compiler: works/)
      .and.match(/ok {7}models: /);
    expect(stdout).to.match(/\n0 wrong, \d+ warning\(s\)\n$/);
    expect(status).to.equal(0);
  });

  it('finds folders that cannot be, and names that nothing reads', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await symlink(join(folder, 'nowhere'), join(folder, 'link'));
    const wrong = {
      TOKENRACK_STATE: join(file, 'x'),
      TOKENRACK_MACHINE: file,
      TOKENRACK_RUNS: join(folder, 'link', 'runs'),
      TOKENRACK_MACHIN: folder,
    };
    const { status, stdout, stderr } = tokenrackWith(wrong, 'doctor');
    expect(stdout)
      .to.contain(`wrong    folders: ${join(file, 'x')} cannot be a folder: ${file} is a file`)
      .and.contain(`wrong    folders: ${file} cannot be a folder: ${file} is a file`)
      .and.contain(`cannot be a folder: ${join(folder, 'link')} leads nowhere (ENOENT)`)
      .and.contain('set TOKENRACK_RUNS to a folder')
      .and.contain('warning  environment: nothing reads TOKENRACK_MACHIN\n')
      .and.contain('did you mean TOKENRACK_MACHINE?')
      .and.match(/wrong {4}health: cannot be looked at: a file is where a folder should be/);
    expect(stderr).not.to.match(/\n +at /);
    expect(status).to.equal(3);
  });

  it('finds a folder that can never be made, which no command waits for', function () {
    if (process.platform !== 'linux') this.skip();
    const trouble = '/proc/tokenrack cannot be a folder: no folder can be made in /proc (ENOENT)';
    const there = { TOKENRACK_STATE: '/proc/tokenrack' };
    const { status, stdout } = tokenrackWith(there, 'doctor');
    expect(stdout).to.contain(`wrong    folders: ${trouble}\n`);
    expect(status).to.equal(3);
    const run = tokenrackWith(there, 'run', '--prompt', 'Hello', '--tokens', '2', '--repeats', '1');
    expect(run.stderr).to.equal(`tokenrack: infra-fail: ${trouble}; set TOKENRACK_STATE to another\n`);
    expect(run.status).to.equal(3);
    for (const [command, place] of [
      [['model', 'export', fixture], '/proc/tokenrack'],
      [['model', 'import', fixture], '/proc/tokenrack'],
      [['dashboards', 'build', '--out'], '/proc/tokenrack/grafana'],
    ] as const) {
      const { status: code, stderr } = tokenrackWith({}, ...command, place);
      expect(stderr).to.equal(`tokenrack: config-error: ${place}: no folder can be made in /proc (ENOENT)\n`);
      expect(code).to.equal(2);
    }
  });

  it('finds what other commands call the machine’s trouble, and no bug', async () => {
    const file = join(folder, 'no-folder');
    await writeFile(file, '');
    const first = join(packageRoot, 'scenarios', 'first-light.scenario.ts');
    for (const args of [['boards'], ['run', first]]) {
      const { status, stderr } = tokenrackWith({ TOKENRACK_STATE: file }, ...args);
      expect(stderr).to.match(/^tokenrack: infra-fail: .*a file is where a folder should be at .*\n$/);
      expect(status).to.equal(3);
    }
  });

  it('finds a board without its port, a host without a key and a rack file that is none, with exit code 3', async () => {
    const rack = join(folder, 'rack.yaml');
    await writeFile(
      rack,
      `hosts:
  - {id: lab, address: 127.0.0.1, known_hosts: [${join(folder, 'none')}]}
boards:
  - {id: desk, link: usb, mac: "24:6f:28:00:00:01", port: /dev/tokenrack-none}
`,
    );
    const { status, stdout } = doctor('--rack', rack, '--json');
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string }[] };
    const wrong = findings.filter(({ state }) => state === 'wrong').map(({ check }) => check);
    expect(wrong).to.deep.equal(["boards' ports", 'rack hosts']);
    expect(status).to.equal(3);
    await writeFile(rack, 'boards: 3\n');
    const refused = doctor();
    expect(refused.stdout).to.match(/^wrong {4}rack file: .*rack\.yaml:1: boards/m);
    expect(refused.status).to.equal(3);
  });
});
