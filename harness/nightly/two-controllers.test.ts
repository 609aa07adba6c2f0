import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { leasesIn, overlaps } from './testing/lease-history.js';
import { NightWorkshop, summaryOf, tinyScenarios } from './testing/night-folder.js';

/** Of each controller: 50 with TOKENRACK_TRIALS, fewer in CI. */
const JOBS = readEnvironment().trials === undefined ? 8 : 50;

describe('two controllers on one rack', function () {
  this.timeout(600_000);

  it('wait for each other: no board is ever held twice, and its fence only grows', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(4);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(JOBS));
    const ended = await Promise.all([shop.nightly(file, '--once'), shop.nightly(file, '--once')]);
    expect(
      ended.map(({ code }) => code),
      ended.map(({ out, err }) => out + err).join('\n'),
    ).to.deep.equal([0, 0]);
    const nights = await shop.nights();
    expect(nights).to.have.length(2);
    const held = await leasesIn(nights);
    const summaries = await Promise.all(nights.map(summaryOf));
    const cells = summaries.flatMap((summary) => summary.cells);
    expect(cells).to.have.length(2 * JOBS);
    const again = cells.flatMap(({ tries }) =>
      tries.slice(0, -1).filter(({ outcome }) => outcome !== 'refused'),
    );
    expect(
      again.map(({ reasons }) => reasons.join('; ')),
      'tried again',
    ).to.deep.equal([]);
    expect(held).to.have.length(2 * JOBS);
    expect(held.every(({ lease }) => lease.endedUs !== undefined)).to.equal(true);
    expect(overlaps(held)).to.deep.equal([]);
    const users = new Map(held.map(({ mac }) => [mac, new Set<number>()]));
    for (const { mac, lease } of held) users.get(mac)!.add(lease.owner.pid);
    expect(
      [...users.values()].some((pids) => pids.size === 2),
      'both used a board',
    ).to.equal(true);
  });

  it('would be told if they did not', () => {
    const lease = (fence: number, acquiredUs: number, endedUs: number) => ({
      mac: 'm',
      run: `run ${fence}`,
      lease: { fence, acquiredUs, endedUs, boot: 'b', owner: { user: 'ada', pid: 1, what: 'run' } },
    });
    expect(overlaps([lease(1, 0, 10), lease(2, 11, 20)])).to.deep.equal([]);
    expect(overlaps([lease(1, 0, 10), lease(2, 9, 20)])).to.deep.equal([
      'm: run 2 began 1 us before the end of run 1',
    ]);
    expect(overlaps([lease(2, 0, 10), lease(2, 11, 20)])).to.deep.equal([
      'm: fence 2 of run 2 after 2 of run 2',
    ]);
  });
});
