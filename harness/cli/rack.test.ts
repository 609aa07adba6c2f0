import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { acquireLease } from '../lease/acquire.js';
import { serveRfc2217 } from '../link/rfc2217-server.js';
import { packageRoot } from '../paths.js';
import { quarantine, readHealth, recordOutcome } from '../rack/health-file.js';
import { rackJsonSchema } from '../rack/rack-json-schema.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';

const mac = '24:6f:28:00:00:c1';

describe('tokenrack rack', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-rack-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function tokenrack(...args: readonly string[]): Promise<string> {
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const env = { ...process.env, TOKENRACK_STATE: join(folder, 'state'), TOKENRACK_MACHINE: folder };
    return (await promisify(execFile)(process.execPath, [main, ...args], { cwd: folder, env })).stdout;
  }

  it('prints the schema and nothing else', async () => {
    expect(JSON.parse(await tokenrack('rack', 'schema'))).to.deep.equal(
      JSON.parse(JSON.stringify(rackJsonSchema())),
    );
  });

  it('scans, shows what would change, writes it when it is told to, and leaves a held board alone', async () => {
    const board = createVirtualBoard({ name: 'scanned', mac });
    const server = await serveRfc2217(board, { port: 0 });
    try {
      const rack = join(folder, 'rack.yaml');
      const shown = await tokenrack('rack', 'scan', '--port', server.url);
      expect(shown).to.contain(`+ cam-1 ${mac} at ${server.url}, ESP32 revision 301\n`);
      expect(shown).to.match(/rack\.yaml: 1 new, 0 changed; not written: add --write\n$/);
      expect(existsSync(rack)).to.equal(false);
      const written = JSON.parse(await tokenrack('rack', 'scan', '--port', server.url, '--write', '--json'));
      expect(written).to.deep.include({ rack, written: true, ports: [] });
      expect(await readFile(rack, 'utf8')).to.match(
        /^# yaml-language-server: \$schema=.*rack\.schema\.json\n/,
      );
      expect(await tokenrack('rack', 'scan')).to.contain(`= cam-1 ${mac}\n`);
      const home = join(folder, 'boards', mac.replaceAll(':', '-'));
      await recordOutcome(home, { kind: 'misplaced', reason: 'found cam-2' });
      expect(await tokenrack('boards')).to.match(/cam-1 .* in quarantine since \S+Z: found cam-2$/m);
      expect(await tokenrack('rack', 'scan')).to.match(
        new RegExp(`^= cam-1 ${mac}; good again, was in quarantine since .*: found cam-2$`, 'm'),
      );
      expect((await readHealth(home)).state).to.equal('good');
      await quarantine(home, 'smells of smoke');
      await writeFile(
        rack,
        (await readFile(rack, 'utf8')).replace('chip_revision: 301', 'chip_revision: 300'),
      );
      expect(await tokenrack('rack', 'scan', '--write')).to.match(
        /^~ cam-1 .* in quarantine since .*: smells of smoke; `tokenrack rack check cam-1 --release` puts it back$/m,
      );
      await using _lease = await acquireLease({ folder: home, board: 'cam-1', mac, what: 'a test' });
      expect(await tokenrack('rack', 'scan')).to.match(
        new RegExp(`^\\? cam-1 ${mac} was not found: .*a test`, 'm'),
      );
    } finally {
      await server.close();
      await board.close();
    }
  });

  it('lists boards with what is known of each, and no column that is empty', async () => {
    const rack = join(folder, 'boards.yaml');
    const power = 'power: {kind: uhubctl, hub: 1-1.4, port: 2}';
    await writeFile(
      rack,
      `hosts: [{id: lab, address: lab.example}]
boards:
  - {id: a, link: usb, port: /dev/a, mac: "24:6f:28:00:00:01", chip_revision: 301, ${power}, rack_host: lab, card: Ultra, card_mode: 4-bit}
  - {id: b, link: rfc2217, host: h, port: 4000, mac: "24:6f:28:00:00:02"}
`,
    );
    const lines = (await tokenrack('boards', '--rack', rack)).split('\n');
    expect(lines[0]?.split(/\s{2,}/)).to.deep.equal([
      'board',
      'MAC',
      'host',
      'link',
      'clock',
      'where',
      'chip',
      'card',
      'power',
    ]);
    expect(lines[1]).to.match(/ {2}lab {3}usb .* \/dev\/a +v3\.1 {2}Ultra, 4-bit {2}hub 1-1\.4 port 2$/);
    expect(lines[2]).to.match(/ h:4000$/);
  });
});
