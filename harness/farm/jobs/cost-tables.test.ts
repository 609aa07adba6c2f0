import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { boardSchema } from '../../rack/rack-schema.js';
import { boardsWithTables, withCostTables } from './cost-tables.js';
import { placementSchema } from './job.js';

const mac = '24:6f:28:7a:00:0c';

describe('the cost table of a board on another machine', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-table-'));
    await writeFile(join(folder, 'table.json'), '{"here": 1}');
  });
  after(() => rm(folder, { recursive: true }));

  const board = (id: string, more: object) => boardSchema.parse({ id, mac, link: 'virtual', ...more });

  it('goes with the placement, and is a file again where the board is', async () => {
    const boards = [
      board('a', { cost_table: join(folder, 'table.json') }),
      board('b', { mac: `${mac}`.replace('0c', '0d') }),
    ];
    const sent = placementSchema.parse(JSON.parse(JSON.stringify(await withCostTables({ try: 1, boards }))));
    expect(JSON.stringify(sent), 'no path of this machine').not.to.contain(folder);
    const [there, other] = await boardsWithTables(sent, join(folder, 'far'));
    expect(await readFile(there!.cost_table!, 'utf8')).to.equal('{"here": 1}');
    expect(there).to.deep.equal({ ...boards[0], cost_table: join(folder, 'far', 'cost-tables', 'a.json') });
    expect(other).to.deep.equal(boards[1]);
  });

  it('stays at home when the board is real: a run does not read it', async () => {
    const real = board('a', { link: 'usb', port: '/dev/a', cost_table: join(folder, 'none.json') });
    const sent = await withCostTables({ try: 1, boards: [real] });
    expect(sent).to.deep.equal({ try: 1, boards: [board('a', { link: 'usb', port: '/dev/a' })] });
  });

  it('is missed before anything is sent', async () => {
    const path = join(folder, 'none.json');
    const error = await withCostTables({ try: 1, boards: [board('a', { cost_table: path })] }).catch(
      (cause: unknown) => cause,
    );
    expect(error).to.include({
      code: 'cost-table',
      message: `cannot read ${path}, the cost table of a: ENOENT`,
    });
  });
});
