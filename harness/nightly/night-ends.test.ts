import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { releaseLease } from '../lease/release.js';
import { leaseForTest } from '../lease/testing/lease-for-test.js';
import { ledgerOf, NightWorkshop, summaryOf, tinyScenarios } from './testing/night-folder.js';

const HELD = { id: 'cam-1', mac: '24:6f:28:7c:00:01' };

describe('the end of a night', function () {
  this.timeout(240_000);

  it('comes at its time, though somebody else never lets go of a board', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(1);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(1));
    await using _somebody = await leaseForTest(join(shop.path, '.tokenrack'), HELD);
    const ended = await shop.nightly(file, '--budget', '3s');
    const [night] = await shop.nights();
    expect(ended.code, ended.out + ended.err).to.equal(5);
    expect(ended.out).to.match(/inconclusive tiny 1 on cam-1: nothing was started after/);
    const [cell] = (await summaryOf(night!)).cells;
    expect(cell?.tries.map(({ outcome, reasons }) => [outcome, ...reasons])).to.deep.equal([
      ['refused', "somebody else has its board, and the night's time is up"],
    ]);
  });

  it('is no summary and no further line when the folder is not its own any more', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(1);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(1));
    {
      await using _somebody = await leaseForTest(join(shop.path, '.tokenrack'), HELD);
      const running = shop.nightly(file);
      const night = await begun(shop);
      await releaseLease(night, { force: true });
      const ended = await running;
      expect(ended.code, ended.out + ended.err).to.equal(3);
      expect(ended.err).to.match(
        /^tokenrack: infra-fail: .* is lost: .*; go on with: tokenrack nightly --resume /,
      );
      expect(existsSync(join(night, 'summary.json'))).to.equal(false);
      expect((await ledgerOf(night)).map(({ record }) => record)).to.deep.equal(['planned', 'started']);
    }
    const [night] = await shop.nights();
    const resumed = await shop.nightly('--resume', night!);
    expect(resumed.code, resumed.out + resumed.err).to.equal(0);
    const summary = await readFile(join(night!, 'summary.json'), 'utf8');
    const again = await shop.nightly('--resume', night!);
    expect(again.code, again.err).to.equal(0);
    expect(again.out).to.contain('verdict: pass');
    expect(await readFile(join(night!, 'summary.json'), 'utf8'), 'a finished night stays').to.equal(summary);
  });

  it('comes when the disk of this machine is full, and the night goes on when it has space', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(1);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(2));
    const disk = await shop.write('full-disk.mjs', fullDisk());
    const ended = await shop.nightlyWith({ NODE_OPTIONS: `--import=${disk}` }, file);
    const [night] = await shop.nights();
    expect(ended.code, ended.out + ended.err).to.equal(3);
    expect(ended.err).to.match(
      /^tokenrack: infra-fail: the disk is full .*; go on with: tokenrack nightly --resume /,
    );
    const ends = (await ledgerOf(night!)).flatMap((one) => (one.record === 'lost' ? [one.code] : []));
    expect(ends).to.deep.equal(['disk-full']);
    expect(existsSync(join(night!, 'summary.json'))).to.equal(false);
    const resumed = await shop.nightly('--resume', night!);
    expect(resumed.code, resumed.out + resumed.err).to.equal(0);
  });

  it('is a line that says so when no folder can be made for it', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(1);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(1));
    await shop.write('runs', 'a file');
    const ended = await shop.nightly(file);
    expect(ended.code).to.equal(2);
    expect(ended.err).to.match(/^tokenrack: config-error: cannot make the folder .*runs: E[A-Z]+\n$/);
  });
});

/** The folder of the night that runs, once a job of it was started. */
async function begun(shop: NightWorkshop): Promise<string> {
  for (;;) {
    const [night] = await shop.nights();
    const path = join(night ?? '', 'ledger.jsonl');
    if (night !== undefined && existsSync(path) && (await readFile(path, 'utf8')).includes('"started"'))
      return night;
    await sleep(50);
  }
}

/** A module to be loaded first: no card can be written, as on a full disk. */
function fullDisk(): string {
  return `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { writeFile } = fs.promises;
fs.promises.writeFile = async (path, ...rest) => {
  if (!String(path).includes('.new-')) return writeFile(path, ...rest);
  throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', path });
};
syncBuiltinESMExports();
`;
}
