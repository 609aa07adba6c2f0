import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { acquireLease } from '../lease/acquire.js';
import type { Lease } from '../lease/lease.js';
import { packageRoot } from '../paths.js';

describe('tokenrack lease', function () {
  this.timeout(60_000);
  const mac = '24:6f:28:00:00:81';
  let folder = '';
  let held: Lease[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-lease-cli-'));
    await writeFile(join(folder, 'rack.yaml'), `boards:\n  - {id: cam-1, link: virtual, mac: "${mac}"}\n`);
    held = await Promise.all(['state', 'machine'].map(hold));
  });
  afterEach(async () => {
    await Promise.all(held.map((lease) => lease.release()));
    await rm(folder, { recursive: true });
  });

  function hold(home: string): Promise<Lease> {
    const own = join(folder, home, 'boards', mac.replaceAll(':', '-'));
    return acquireLease({ folder: own, board: 'cam-1', mac, what: `work in ${home}` });
  }

  async function lease(...args: string[]): Promise<string> {
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const homes = { TOKENRACK_STATE: join(folder, 'state'), TOKENRACK_MACHINE: join(folder, 'machine') };
    const options = { cwd: folder, env: { ...process.env, ...homes } };
    return (await promisify(execFile)(process.execPath, [main, 'lease', ...args], options)).stdout;
  }

  it('says which folder keeps a board that stands twice, and only then', async () => {
    const [head, ...rows] = (await lease('list')).trimEnd().split('\n');
    expect(head).to.match(/kept in$/);
    expect(rows[0]).to.match(/work in state .* state$/);
    expect(rows[1]).to.match(/work in machine .* machine$/);
    expect(await lease('list', '--rack', 'rack.yaml')).to.not.contain('kept in');
  });

  it('releases the lease of the board that the rack means, and no other', async () => {
    const said = await lease('release', 'cam-1');
    expect(said).to.match(/^cam-1: taken from .*, work in state; it lets go now, in \d+ s at the latest\n$/);
    const [state, machine] = held;
    const lost = await state!.assertHeld().catch((error: unknown) => error);
    expect(lost).to.include({ code: 'lease-lost' });
    await machine!.assertHeld();
  });
});
