import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { clockOf, looseVirtualBoard, readRack, selectBoards } from './rack-file.js';
import { portOf } from './scan-candidates.js';

describe('readRack', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-rack-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function refusal(text: string): Promise<string> {
    const path = join(folder, 'rack.yaml');
    await writeFile(path, text);
    const error = await readRack(path).catch((caught: unknown) => caught);
    return error instanceof Error ? error.message.replace(path, 'rack.yaml') : 'nothing was refused';
  }

  it('reads the packaged virtual rack', async () => {
    const rack = await readRack(join(packageRoot, 'fixtures/racks/virtual.yaml'));
    expect(rack.boards.map((board) => [board.id, board.link])).to.deep.equal([
      ['cam-1', 'virtual'],
      ['cam-2', 'virtual'],
      ['cam-3', 'virtual'],
      ['cam-4', 'virtual'],
    ]);
  });

  const cam = '  - id: a\n    link: virtual\n    mac: "24:6f:28:00:00:01"\n';

  it('names an unknown key with its line', async () => {
    expect(await refusal(`boards:\n${cam}    speed: 3\n`)).to.equal(
      'rack.yaml:5: unknown key "speed" in boards.0',
    );
  });

  it('refuses a MAC that is none, with its line', async () => {
    expect(await refusal('boards:\n  - id: a\n    link: virtual\n    mac: "24:6F"\n')).to.match(
      /^rack\.yaml:4: .*MAC/,
    );
  });

  it('refuses a pace that stands still, with its line, and has boards keep the time of the wall clock', async () => {
    expect(await refusal(`boards:\n${cam}    pace: real\n    pace_scale: 0\n`)).to.equal(
      'rack.yaml:6: boards.0.pace_scale: a pace scale is more than 0',
    );
    expect(looseVirtualBoard('24:6f:28:00:00:01').pace_scale).to.equal(1);
  });

  it('refuses the same id or MAC twice, with the line of the second', async () => {
    expect(await refusal(`boards:\n${cam}${cam}`)).to.equal('rack.yaml:5: two boards have the id a');
    const other = cam.replace('id: a', 'id: b');
    expect(await refusal(`boards:\n${cam}${other}`)).to.equal(
      'rack.yaml:7: two boards have the MAC 24:6f:28:00:00:01',
    );
    const hosts = 'hosts:\n  - {id: lab, address: l1}\n  - {id: lab, address: l2}\n';
    expect(await refusal(`${hosts}boards:\n${cam}`)).to.equal('rack.yaml:3: two hosts are called lab');
  });

  it('refuses a host that is none, with the line that names it', async () => {
    const far = '    rack_host: lab\n';
    const stray = 'a is on lab, which is none of the hosts';
    expect(await refusal(`boards:\n${cam}${far}`)).to.equal(`rack.yaml:5: ${stray}`);
    const byDefault = `defaults:\n  rack_host: lab\nboards:\n${cam}`;
    expect(await refusal(byDefault), 'the board').to.equal(`rack.yaml:4: ${stray}`);
  });

  it('says which links there are where a board has none, or another, with its line', async () => {
    expect(await refusal(`boards:\n${cam.replace('link', 'lnk')}`)).to.equal(
      'rack.yaml:2: boards.0 has no key "link", which is one of virtual, usb, rfc2217; its keys are id, lnk, mac',
    );
    expect(await refusal(`boards:\n${cam.replace('virtual', 'serial')}`)).to.equal(
      'rack.yaml:3: boards.0.link: "serial" is none of virtual, usb, rfc2217',
    );
    expect(await refusal(`boards:\n${cam}    power: {kind: plug}\n`)).to.equal(
      'rack.yaml:5: boards.0.power.kind: "plug" is none of uhubctl, command, http',
    );
  });

  it('takes a board behind a serial server, and believes what it is told of its clock', async () => {
    const far = '  - {id: far, link: rfc2217, mac: "24:6f:28:00:00:09", host: lab-3, port: 4000';
    const path = join(folder, 'far.yaml');
    await writeFile(
      path,
      `boards:\n${far}}\n${far.replace('far', 'near').replace(':09', ':0a')}, clock: modelled}\n`,
    );
    const { boards } = await readRack(path);
    expect(boards[0]).to.include({ link: 'rfc2217', host: 'lab-3', port: 4000 });
    expect(boards.map(clockOf)).to.deep.equal(['hardware', 'modelled']);
    expect(await refusal(`boards:\n${far.replace('4000', '70000')}}\n`)).to.match(/^rack\.yaml:2: .*65535/);
    expect(await refusal(`boards:\n${far.replace('lab-3', 'http://lab-3')}}\n`)).to.match(/a host is a name/);
  });

  it('takes the word that a serial server confirms no lines, and refuses it of a board that is behind none', async () => {
    const far = 'link: rfc2217, host: lab-3, port: 4000';
    const board = `boards:\n  - {id: a, mac: "24:6f:28:00:00:09", ${far}, ign_set_control: true}\n`;
    const path = join(folder, 'unconfirmed.yaml');
    await writeFile(path, board);
    expect((await readRack(path)).boards.map(portOf)).to.deep.equal([
      ['rfc2217://lab-3:4000?ign_set_control'],
    ]);
    const own = 'only a board with the link rfc2217 has this key, and the link of this one is';
    for (const link of ['usb', 'virtual'])
      expect(await refusal(`boards:\n  - id: a\n    link: ${link}\n    ign_set_control: true\n`)).to.equal(
        `rack.yaml:4: boards.0.ign_set_control: ${own} ${link}`,
      );
  });

  it('says which file is missing', async () => {
    const error = await readRack(join(folder, 'none.yaml')).catch((caught: unknown) => caught);
    expect((error as Error).message).to.match(/^cannot read .*none\.yaml: no such file$/);
  });
});

describe('selectBoards', () => {
  it('finds boards by id or MAC and says which there are', async () => {
    const rack = await readRack(join(packageRoot, 'fixtures/racks/virtual.yaml'));
    expect(selectBoards(rack, ['cam-2', '24:6f:28:7a:00:01']).map((board) => board.id)).to.deep.equal([
      'cam-2',
      'cam-1',
    ]);
    expect(() => selectBoards(rack, ['cam-9'])).to.throw(/no board "cam-9" in .*; it has cam-1, cam-2/);
  });
});

describe('looseVirtualBoard', () => {
  it('is a board with every default, named by its MAC', () => {
    expect(looseVirtualBoard('24:6f:28:00:00:77')).to.include({
      id: 'virtual-000077',
      link: 'virtual',
      chip_revision: 301,
    });
    expect(() => looseVirtualBoard('24:6F')).to.throw(
      ConfigError,
      /^MAC "24:6F": .*six lower-case hex bytes/,
    );
  });
});
