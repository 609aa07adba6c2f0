import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readEnvironment } from '../../config/environment.js';
import { randomBits } from '../../model/random-bits.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';
import { ChaosServer } from './testing/chaos-server.js';

const trials = readEnvironment().trials ?? 3;
const script = fileURLToPath(new URL('./testing/spool-life.js', import.meta.url));

/** More operations than a life has: it ends by itself. */
const NEVER = 1_000_000;

/** @returns whether it lived to its end */
async function live(folder: string, url: URL, linesFile: string, killAt: number): Promise<boolean> {
  const child = spawn(process.execPath, [script, folder, url.href, linesFile, String(killAt)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal ?? code).to.be.oneOf(['SIGKILL', 0]);
  return code === 0;
}

describe('a process killed by SIGKILL between two writes', () => {
  for (let seed = 1; seed <= trials; seed++) {
    it(`loses no point, sends none in half, and leaves no lock that holds (seed ${seed})`, async () => {
      const bits = randomBits(seed, 5);
      const folder = await mkdtemp(join(tmpdir(), 'tokenrack-kill-'));
      const linesFile = join(folder, 'lines');
      const count = 1 + (bits() % 40);
      const lines = Array.from(
        { length: count },
        (_, nth) => `${nth === 3 ? 'bad' : 'm'},n=${nth} v=1 ${nth}`,
      );
      await writeFile(linesFile, lines.join('\n'));
      const isBad = (line: string): boolean => line.startsWith('bad');
      await using server = await ChaosServer.start({ isBad });
      const spoolFolder = join(folder, 'spool');
      let killed = 0;
      for (let life = 0; life < 4; life++)
        if (!(await live(spoolFolder, server.url, linesFile, bits() % 24))) killed++;
      expect(killed).to.be.greaterThan(0);
      expect(await live(spoolFolder, server.url, linesFile, NEVER)).to.equal(true);
      expect(server.points).to.deep.equal(lines.filter((line) => !isBad(line)).sort());
      const refused = await new Quarantine(spoolFolder).list();
      expect(refused.map(({ line }) => line)).to.have.members(lines.filter(isBad));
      expect((await new Spool(spoolFolder).status()).waiting).to.equal(0);
      await rm(folder, { recursive: true });
    });
  }
});
