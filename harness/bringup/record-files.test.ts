import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { recordFiles, referToTable, refusePackagedRack } from './record-files.js';

describe('record files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-record-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const packaged = join(packageRoot, 'fixtures', 'racks', 'virtual.yaml');

  it('lie beside the rack file, and for the packaged rack in the working folder', () => {
    expect(recordFiles('/lab/bench.yaml', 'cam-1')).to.deep.equal({
      record: '/lab/bench.d/cam-1.bringup.yaml',
      costTable: '/lab/bench.d/cam-1.cost-table.json',
    });
    expect(recordFiles(packaged, 'cam-1').record).to.equal(resolve('rack.d', 'cam-1.bringup.yaml'));
  });

  it('are referred to from the rack file, which otherwise stays as people wrote it', async () => {
    const path = join(folder, 'rack.yaml');
    const text = [
      '# ours',
      'boards:',
      '  - id: a # the first',
      '    link: usb',
      '  - { id: b, link: usb }',
      '',
    ];
    await writeFile(path, text.join('\n'));
    await referToTable(path, 'a', join(folder, 'rack.d', 'a.cost-table.json'));
    const written = await readFile(path, 'utf8');
    expect(written.split('\n')).to.deep.equal([
      ...text.slice(0, 4),
      '    cost_table: rack.d/a.cost-table.json',
      ...text.slice(4),
    ]);
  });

  it('are not referred to from the packaged rack', () => {
    expect(() => refusePackagedRack(packaged)).to.throw(/copy it to rack\.yaml/);
  });

  it('cannot be referred to for a board that left the rack', async () => {
    const path = join(folder, 'rack.yaml');
    await writeFile(path, 'boards:\n  - id: a\n');
    const error = await referToTable(path, 'b', join(folder, 't.json')).catch((caught: unknown) => caught);
    expect((error as Error).message).to.match(/no board "b" in .*rack\.yaml any more/);
  });
});
