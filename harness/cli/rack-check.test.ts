import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { healthPolicy } from '../rack/health.js';
import { quarantine, readHealth } from '../rack/health-file.js';

const main = join(packageRoot, 'dist', 'cli', 'main.js');
const macs = ['24:6f:28:00:00:71', '24:6f:28:00:00:72'] as const;

describe('tokenrack rack check', function () {
  this.timeout(60_000);
  let folder = '';
  const homeOf = (mac: string) => join(folder, '.tokenrack', 'boards', mac.replaceAll(':', '-'));
  const [first, second] = [() => homeOf(macs[0]), () => homeOf(macs[1])];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-rack-check-'));
    const entry = (mac: string, index: number) =>
      `  - { id: cam-${index + 1}, link: virtual, mac: "${mac}" }\n`;
    await writeFile(join(folder, 'rack.yaml'), `boards:\n${macs.map(entry).join('')}`);
  });
  after(() => rm(folder, { recursive: true }));

  function tokenrack(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const env = { ...process.env, TOKENRACK_STATE: join(folder, '.tokenrack') };
    return new Promise((done) => {
      execFile(process.execPath, [main, ...args], { cwd: folder, env }, (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  it('says what to do with boards that have no firmware, and holds it against none', async () => {
    const { code, out } = await tokenrack('rack', 'check');
    expect(code).to.equal(3);
    expect(out).to.match(/^cam-1 +ok +FAIL +- +- +- +- +good +boot: .* rack check --flash$/m);
    expect((await readHealth(first())).infraFails).to.equal(0);
  });

  it('has a row for each board, and exit code 0 when all are sound', async () => {
    const { code, out, err } = await tokenrack('rack', 'check', '--flash', '--power');
    expect(code, out + err).to.equal(0);
    expect(out).to.match(
      /^cam-1 +ok +\d\S+-[0-9a-f]{8} +ok +4,\d{3},\d{3} bytes, pattern held +921600 +ok +good$/m,
    );
    expect(out).to.match(/^cam-2 +ok /m);
    expect((await readHealth(second())).build).to.match(/-[0-9a-f]{8}$/);
  });

  it('ends probation when the check passes, and prints one JSON object', async () => {
    await quarantine(first(), 'said nothing', new Date(Date.now() - healthPolicy.cooldownMs));
    expect((await readHealth(first())).state).to.equal('probation');
    const { code, out } = await tokenrack('rack', 'check', 'cam-1', '--json');
    expect(code).to.equal(0);
    const { boards } = JSON.parse(out);
    expect(boards).to.have.length(1);
    expect(boards[0]).to.include({ board: 'cam-1', passed: true });
    expect(boards[0].figures).to.include({ mac: macs[0], baudRate: 921_600 });
    expect(boards[0].health.state).to.equal('good');
  });

  it('leaves a board in quarantine that passes before its time, unless it is told to put it back', async () => {
    await quarantine(first(), 'said nothing');
    const plain = await tokenrack('rack', 'check', 'cam-1');
    expect(plain.out).to.match(
      /in quarantine +in quarantine: said nothing; rack check cam-1 --release puts it back/,
    );
    expect((await readHealth(first())).state).to.equal('quarantined');
    await tokenrack('rack', 'check', 'cam-1', '--release');
    expect((await readHealth(first())).state).to.equal('good');
  });

  it('is put back by hand, with the reason that it was there for', async () => {
    await quarantine(second(), 'smells of smoke');
    const { code, out } = await tokenrack('rack', 'release', 'cam-2');
    expect(code).to.equal(0);
    expect(out).to.match(/^cam-2: good now; was in quarantine since \S+Z: smells of smoke\n$/);
    expect((await readHealth(second())).state).to.equal('good');
  });

  it('refuses boards on another machine, and builds that are not for them', async () => {
    const rack = join(folder, 'far.yaml');
    const far = `boards:\n  - { id: far, link: virtual, mac: "${macs[0]}", rack_host: lab-2 }\n`;
    await writeFile(rack, `hosts:\n  - { id: lab-2, address: lab-2 }\n${far}`);
    const { code, err } = await tokenrack('rack', 'check', '--rack', rack);
    expect(code).to.equal(2);
    expect(err).to.match(/config-error: far is on lab-2: run tokenrack rack check there/);
    await writeFile(rack, `boards:\n  - { id: real, link: usb, port: /dev/ttyUSB9, mac: "${macs[0]}" }\n`);
    const unfit = await tokenrack('rack', 'check', '--rack', rack, '--flash');
    expect(unfit.err).to.match(/config-error: real needs another build than one for a virtual board/);
  });

  it('counts a port that is not there against the board, three times', async () => {
    const rack = join(folder, 'gone.yaml');
    await writeFile(rack, `boards:\n  - { id: real, link: usb, port: /dev/ttyUSB9, mac: "${macs[0]}" }\n`);
    process.env.TOKENRACK_MACHINE = join(folder, 'machine');
    try {
      for (const state of ['good', 'good', 'in quarantine']) {
        const { code, out } = await tokenrack('rack', 'check', '--rack', rack);
        expect(code).to.equal(3);
        expect(out).to.match(new RegExp(`^real +FAIL .*${state} +identity: /dev/ttyUSB9: no such port`, 'm'));
      }
    } finally {
      delete process.env.TOKENRACK_MACHINE;
    }
  });
});
