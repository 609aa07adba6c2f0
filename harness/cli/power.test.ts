import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';

const main = join(packageRoot, 'dist', 'cli', 'main.js');
const model = join('fixtures', 'models', 'little-stories');

/** The commands that handle one board's power and card, as users run them. */
describe('tokenrack provision, reset and power', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-power-'));
  });
  after(() => rm(folder, { recursive: true }));

  function tokenrack(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((done) => {
      execFile(process.execPath, [main, ...args], { cwd: folder }, (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  it('put a model on a virtual board’s own card, and find it there the next time', async () => {
    const first = await tokenrack('provision', model, '--board', 'cam-1', '--json');
    expect(first.code, first.err).to.equal(0);
    expect(JSON.parse(first.out)).to.include({ board: 'cam-1', retries: 0 });
    expect(JSON.parse(first.out).bytesSent).to.be.above(400_000);
    const second = await tokenrack('provision', model, '--board', 'cam-1', '--json');
    expect(JSON.parse(second.out)).to.include({ bytesSent: 0, filesChanged: 0 });
  });

  it('restart a virtual board', async () => {
    expect((await tokenrack('reset', '--board', 'cam-2')).out).to.match(/^cam-2: reset; it runs build /);
    expect((await tokenrack('power', 'cycle', '--board', 'cam-2')).out).to.match(/^cam-2: power came on/);
    expect((await tokenrack('power', 'off', '--board', 'cam-2')).out).to.equal('cam-2: off\n');
  });

  it('say that nothing switches the power of a board on USB', async () => {
    const rack = join(folder, 'usb.yaml');
    await writeFile(
      rack,
      'boards:\n  - id: real\n    link: usb\n    port: /dev/ttyUSB9\n    mac: "24:6f:28:00:00:01"\n',
    );
    const ended = await tokenrack('power', 'off', '--board', 'real', '--rack', rack);
    expect(ended.code).to.equal(2);
    expect(ended.err).to.match(/config-error: real: no power control is configured/);
  });
});
