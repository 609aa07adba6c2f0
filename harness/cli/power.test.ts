import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const model = join('fixtures', 'models', 'little-stories');

/** The commands that handle one board's power and card, as users run them. */
describe('tokenrack provision, reset and power', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-power-'));
  });
  after(() => rm(folder, { recursive: true }));

  const tokenrack = (...args: readonly string[]) => tokenrackWith({}, ...args);

  function tokenrackWith(more: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ran> {
    return runTokenrack(args, { cwd: folder, env: { ...process.env, ...more } });
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

  it('switch a board on USB as its entry says, and pass on what the switch says', async () => {
    const said = join(folder, 'said');
    const script = (what: string): string => `[sh, -c, "echo ${what} >> '${said}'"]`;
    const board = (id: string, last: number, off: string): string =>
      `  - id: ${id}\n    link: usb\n    port: /dev/ttyUSB9\n    mac: "24:6f:28:00:00:0${last}"\n` +
      `    power: { kind: command, on: ${script('on')}, off: ${off} }\n`;
    const rack = join(folder, 'switched.yaml');
    const broken = '[sh, -c, "echo relay stuck >&2; exit 3"]';
    await writeFile(rack, `boards:\n${board('real', 1, script('off'))}${board('stuck', 2, broken)}`);
    const machine = { TOKENRACK_MACHINE: join(folder, 'machine') };
    const power = (state: string, id: string) =>
      tokenrackWith(machine, 'power', state, '--board', id, '--rack', rack);
    expect(await power('cycle', 'real')).to.include({
      code: 0,
      out: 'real: off and on, by the command sh\n',
    });
    expect(await power('off', 'real')).to.include({ code: 0, out: 'real: off, by the command sh\n' });
    expect(await readFile(said, 'utf8')).to.equal('off\non\noff\n');
    const stuck = await power('off', 'stuck');
    expect(stuck.code).to.equal(3);
    expect(stuck.err).to.match(/infra-fail: stuck: sh ended with 3: relay stuck/);
  });
});
