import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';

describe('tokenrack doctor', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-doctor-'));
  });
  after(() => rm(folder, { recursive: true }));

  function doctor(...args: readonly string[]): { status: number | null; stdout: string } {
    const env = { ...process.env, TOKENRACK_STATE: join(folder, 'state'), TOKENRACK_MACHINE: folder };
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    return spawnSync(process.execPath, [main, 'doctor', ...args], { cwd: folder, env, encoding: 'utf8' });
  }

  it('finds nothing wrong where virtual boards are all there is', () => {
    const { status, stdout } = doctor();
    expect(stdout)
      .to.match(/^ok {7}Node\.js: v/)
      .and.match(/ok {7}firmware compiler: works/);
    expect(stdout).to.match(/\n0 wrong, \d+ warning\(s\)\n$/);
    expect(status).to.equal(0);
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
