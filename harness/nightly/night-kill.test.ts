import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { foldLedger } from './fold-ledger.js';
import { leasesIn, overlaps } from './testing/lease-history.js';
import { ledgerOf, NightWorkshop, summaryOf, tinyScenarios } from './testing/night-folder.js';

const JOBS = 6;
/** A night of so many jobs takes some seconds: the moments of death are spread over it, and its beginning. */
const LONGEST_LIFE_MS = 6000;

describe('a night whose controller is killed', function () {
  this.timeout(600_000);

  for (let seed = 1; seed <= (readEnvironment().trials ?? 1); seed++) {
    it(`is resumed, and judges every job exactly once (seed ${seed})`, async () => {
      await using shop = await NightWorkshop.make();
      await shop.rack(3);
      const file = await shop.write('tiny.scenario.ts', tinyScenarios(JOBS));
      const random = lcg(seed);
      const deaths: string[] = [];
      for (let kill = 0; kill < 3; kill++) {
        const night = await begunNight(shop);
        const child = shop.start(...(night === undefined ? [file, '--once'] : ['--resume', night]));
        const lifeMs = Math.floor(random() * LONGEST_LIFE_MS);
        deaths.push(`${lifeMs} ms`);
        if (!(await killedAfter(child, lifeMs))) break;
      }
      const night = await begunNight(shop);
      const ended = await shop.nightly(...(night === undefined ? [file, '--once'] : ['--resume', night]));
      expect(ended.code, `killed after ${deaths}: ${ended.out}${ended.err}`).to.equal(0);
      const [only, ...others] = await begunNights(shop);
      expect(others).to.deep.equal([]);
      const records = await ledgerOf(only!);
      const judged = records.filter(({ record }) => record === 'judged').map(({ job }) => job);
      expect(judged).to.have.length(JOBS);
      expect(new Set(judged).size).to.equal(JOBS);
      for (const { tries } of foldLedger(records).values()) {
        expect(tries.filter(({ state }) => state === 'judged')).to.have.length(1);
        expect(tries.at(-1)).to.include({ state: 'judged', delivered: true });
      }
      expect((await summaryOf(only!)).verdict).to.equal('pass');
      expect(overlaps(await leasesIn([only!]))).to.deep.equal([]);
    });
  }
});

async function begunNights(shop: NightWorkshop): Promise<string[]> {
  return (await shop.nights()).filter((night) => existsSync(join(night, 'night.json')));
}

async function begunNight(shop: NightWorkshop): Promise<string | undefined> {
  return (await begunNights(shop))[0];
}

/** False: it had ended before. */
async function killedAfter(child: ChildProcess, ms: number): Promise<boolean> {
  const ended = new Promise<boolean>((done) =>
    child.once('exit', (_code, signal) => done(signal === 'SIGKILL')),
  );
  await Promise.race([ended, sleep(ms)]);
  child.kill('SIGKILL');
  return ended;
}

/** Numerical Recipes' linear congruential generator: the same moments for the same seed. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
