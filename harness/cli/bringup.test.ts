import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

/** `tokenrack bringup` as a user meets it, in a folder of its own. */
describe('tokenrack bringup', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-bringup-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  function bringup(...args: string[]): Promise<Ran> {
    return runTokenrack(['bringup', ...args], { cwd: folder });
  }

  it('says what it does on the way, and prints one object with --json', async () => {
    const { code, out, err } = await bringup('cam-2', '--no-demo', '--json');
    expect(code, err).to.equal(0);
    const { record, files, costTable, comparison } = JSON.parse(out);
    expect(record).to.include({ bringup: 1, board: 'cam-2', mac: '24:6f:28:7a:00:02', clock: 'modelled' });
    expect(record.chip).to.include({ revision: 100, flash_bytes: 4_194_304 });
    expect(costTable.wiring.cardMode).to.equal('4-bit');
    expect(comparison).to.equal(undefined);
    expect(files.record).to.equal(join(folder, 'rack.d', 'cam-2.bringup.yaml'));
    expect(existsSync(files.record) && existsSync(files.costTable)).to.equal(true);
    expect(err).to.match(/^wiring: .*GPIO12.*\nchip: .*\nUART: .*\ncard: .*\ncompute .*\nfit: /s);
  });

  it('refuses to change the packaged rack before it touches a board', async () => {
    const { code, out, err } = await bringup('cam-1', '--use');
    expect(code).to.equal(2);
    expect(err).to.match(
      /^tokenrack: config-error: .*virtual\.yaml belongs to the package.*copy it to rack\.yaml/,
    );
    expect(out).to.equal('');
    expect(existsSync(join(folder, '.tokenrack'))).to.equal(false);
  });

  it('names the boards there are', async () => {
    const { code, err } = await bringup('cam-9');
    expect(code).to.equal(2);
    expect(err).to.match(/no board "cam-9" in .*; it has cam-1, cam-2/);
  });
});
