import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { editRack } from './scan-edit.js';
import type { BoardChange } from './scan-plan.js';

const file = { path: 'rack.yaml', schema: 'rack.schema.json' };
const mac = '24:6f:28:00:00:0a';

/** The lines that went and those that came. */
function diff(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

const added: BoardChange = {
  kind: 'new',
  id: 'cam-9',
  mac,
  keys: { link: 'usb', port: '/dev/ttyUSB0', usb_path: 'usb-1', chip_revision: 301 },
};

describe('editing rack.yaml', () => {
  const mine = `# My desk.
defaults: {labels: [desk], card: "SanDisk Ultra"}   # all alike

boards:
- id: left   # the one with the antenna
  link: usb
  port: '/dev/ttyUSB0' # upper hub
  mac: "${mac}"
  labels: [antenna]

# Borrowed from Ann, until May.
- {id: right, link: usb, port: /dev/ttyUSB1, mac: "24:6f:28:00:00:0b"}
`;

  it('changes the lines that must change, and no other', () => {
    const moved: BoardChange = {
      kind: 'found',
      id: 'left',
      mac,
      keys: { port: '/dev/ttyUSB7', usb_path: 'usb-1' },
    };
    const edited = editRack(mine, [moved], file);
    expect(diff(mine, edited)).to.deep.equal([
      "-  port: '/dev/ttyUSB0' # upper hub",
      "+  port: '/dev/ttyUSB7' # upper hub",
      '+  usb_path: usb-1',
    ]);
    expect(edited.indexOf('usb_path')).to.be.lessThan(edited.indexOf('# Borrowed'));
  });

  it('leaves every byte of the packaged rack as it is, and puts a new board at its end', async () => {
    const rack = await readFile(join(packageRoot, 'fixtures/racks/virtual.yaml'), 'utf8');
    expect(editRack(rack, [], file)).to.equal(rack);
    expect(editRack(rack, [added], file)).to.equal(`${rack}  - id: cam-9
    link: usb
    mac: "${mac}"
    port: /dev/ttyUSB0
    usb_path: usb-1
    chip_revision: 301
`);
  });

  it('changes the kind of a link, and takes away what it does not know', () => {
    const keys = { link: 'rfc2217', host: 'lab', port: 4000, usb_path: undefined };
    const text = mine.replace("'/dev/ttyUSB0'", "'/dev/ttyUSB0'\n  usb_path: usb-3");
    const edited = editRack(text, [{ kind: 'found', id: 'left', mac, keys }], file);
    expect(edited).to.contain("  link: rfc2217\n  port: '4000'".replaceAll("'", ''));
    expect(edited).to.contain('  host: lab\n').and.not.to.contain('usb_path');
  });

  it('begins a file that says where editors find its schema, with a MAC in quotes', () => {
    const text = editRack(undefined, [added], file);
    expect(text.split('\n').slice(0, 5)).to.deep.equal([
      '# yaml-language-server: $schema=rack.schema.json',
      'boards:',
      '  - id: cam-9',
      '    link: usb',
      `    mac: "${mac}"`,
    ]);
  });

  it('leaves out nothing of a board that was not found', () => {
    const missing: BoardChange = { kind: 'missing', id: 'left', mac, reason: 'unplugged' };
    expect(editRack(mine, [missing], file)).to.equal(mine);
  });

  it('refuses to make what is no rack file', () => {
    const wrong: BoardChange = { ...added, keys: { link: 'usb', chip_revision: 301 } } as BoardChange;
    expect(() => editRack(mine, [wrong], file)).to.throw(ConfigError, /port/);
  });
});
