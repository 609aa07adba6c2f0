import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterOutcome, type BoardOutcome, freshHealth, type Health, healthAt, released } from './health.js';
import {
  quarantine,
  readHealth,
  recordBuild,
  recordOutcome,
  recordRecovery,
  release,
} from './health-file.js';

const hourMs = 3_600_000;
const start = new Date('2026-11-21T09:00:00.000Z');
const later = (ms: number): Date => new Date(start.getTime() + ms);

const fail: BoardOutcome = { kind: 'infra-fail', reason: 'said nothing', beyondRecovery: false };
const dead: BoardOutcome = { ...fail, beyondRecovery: true };
const job: BoardOutcome = { kind: 'passed', by: 'job' };
const check: BoardOutcome = { kind: 'passed', by: 'check' };

function followed(health: Health, outcomes: readonly BoardOutcome[], now = start): Health {
  return outcomes.reduce((state, outcome) => afterOutcome(healthAt(state, now), outcome, now), health);
}

describe('health of a board', () => {
  it('puts it into quarantine at the third infra-fail in a row, with the reason', () => {
    expect(followed(freshHealth(), [fail, fail]).state).to.equal('good');
    const third = followed(freshHealth(), [fail, fail, fail]);
    expect(third.state).to.equal('quarantined');
    expect(third.quarantine).to.deep.equal({
      reason: '3 infra-fails in a row, last: said nothing',
      since: start.toISOString(),
      cooldownMs: hourMs,
    });
  });

  it('leaves a board alone that another one stands in for, until it is seen or has worked, and counts nothing', () => {
    const away: BoardOutcome = { kind: 'misplaced', reason: 'found cam-2' };
    const once = followed(freshHealth(), [fail, away]);
    expect(once).to.include({ state: 'quarantined', infraFails: 1 });
    expect(once.quarantine).to.include({ reason: 'found cam-2', cooldownMs: hourMs, misplaced: true });
    const again = followed(once, [away], later(hourMs));
    expect(again.quarantine, 'no longer for happening twice').to.include({ cooldownMs: hourMs });
    expect(followed(again, [job], later(hourMs)).state).to.equal('good');
    const bad = followed(freshHealth(), [dead, away]);
    expect(bad.quarantine, 'it was bad before').to.not.have.property('misplaced');
  });

  it('begins to count again after a job that the board did its part in', () => {
    expect(followed(freshHealth(), [fail, fail, job, fail, fail]).state).to.equal('good');
  });

  it('puts it into quarantine at once when the whole ladder did not bring it back', () => {
    expect(followed(freshHealth(), [dead]).quarantine?.reason).to.equal('said nothing');
  });

  it('lets it be tried again after an hour, and makes it good after two jobs', () => {
    const quarantined = followed(freshHealth(), [dead]);
    expect(healthAt(quarantined, later(hourMs - 1)).state).to.equal('quarantined');
    expect(healthAt(quarantined, later(hourMs)).state).to.equal('probation');
    const once = followed(quarantined, [job], later(hourMs));
    expect(once.state).to.equal('probation');
    const twice = followed(once, [job], later(hourMs));
    expect([twice.state, twice.quarantine]).to.deep.equal(['good', undefined]);
  });

  it('makes it good after one check on probation, and not before', () => {
    const quarantined = followed(freshHealth(), [dead]);
    expect(followed(quarantined, [check], later(hourMs - 1)).state).to.equal('quarantined');
    expect(followed(quarantined, [check], later(hourMs)).state).to.equal('good');
  });

  it('doubles the quarantine with every failure on probation, up to a day', () => {
    let health = followed(freshHealth(), [dead]);
    let now = 0;
    const hours: number[] = [];
    for (let round = 0; round < 7; round++) {
      hours.push(health.quarantine!.cooldownMs / hourMs);
      now += health.quarantine!.cooldownMs;
      health = followed(health, [fail], later(now));
      expect(health.state).to.equal('quarantined');
    }
    expect(hours).to.deep.equal([1, 2, 4, 8, 16, 24, 24]);
  });

  it('needs both jobs on probation to pass', () => {
    const back = followed(followed(freshHealth(), [dead]), [job, fail], later(hourMs));
    expect([back.state, back.quarantine?.cooldownMs]).to.deep.equal(['quarantined', 2 * hourMs]);
  });

  it('does not keep it for ever when the clock was set back', () => {
    expect(healthAt(followed(freshHealth(), [dead]), later(-1)).state).to.equal('probation');
  });

  it('begins with an hour again after somebody has put it back', () => {
    const twice = followed(followed(freshHealth(), [dead]), [fail], later(hourMs));
    expect(twice.quarantine?.cooldownMs).to.equal(2 * hourMs);
    const back = released(twice, later(hourMs));
    expect([back.state, back.infraFails]).to.deep.equal(['good', 0]);
    expect(followed(back, [dead], later(hourMs)).quarantine?.cooldownMs).to.equal(hourMs);
  });

  it('keeps no more than the last 50 things that happened', () => {
    const health = followed(freshHealth(), Array.from({ length: 80 }, () => [fail, job]).flat());
    expect(health.history).to.have.length(50);
  });
});

describe('health.json', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-health-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is good when nothing is known, and good with a note when it is no JSON or of another shape', async () => {
    expect(await readHealth(join(folder, 'none'))).to.deep.equal(freshHealth());
    for (const text of ['{"state": "go', '{"state": "odd"}', '']) {
      await writeFile(join(folder, 'health.json'), text);
      const { state, note } = await readHealth(folder);
      expect(state).to.equal('good');
      expect(note, text).to.match(/health\.json cannot be read; the board counts as good/);
    }
  });

  it('keeps reason, time, steps and build over processes, whole or not at all', async () => {
    await recordBuild(folder, 'v1-abc', start);
    await recordOutcome(folder, dead, start);
    await recordRecovery(
      folder,
      [{ step: 'reset', elapsedMs: 900, fixed: false, error: 'no answer' }],
      start,
    );
    const health = await readHealth(folder, later(1));
    expect(health).to.include({ state: 'quarantined', build: 'v1-abc' });
    expect(health.history.map(({ what }) => what)).to.deep.equal(['infra-fail', 'quarantined', 'recovery']);
    expect(await readdir(folder), 'no drafts are left').to.deep.equal(['health.json']);
    expect(JSON.parse(await readFile(join(folder, 'health.json'), 'utf8')).state).to.equal('quarantined');
  });

  it('turns into probation by itself, forgets the build that is being replaced, and is released by hand', async () => {
    await recordBuild(folder, 'v1-abc', start);
    await recordBuild(folder, undefined, start);
    await quarantine(folder, 'smells', start);
    expect(await readHealth(folder, later(hourMs))).to.include({ state: 'probation' });
    expect(await readHealth(folder, later(hourMs))).to.not.have.property('build');
    expect((await release(folder, later(5))).state).to.equal('good');
    expect((await readHealth(folder, later(5))).history.at(-1)).to.include({ reason: 'put back by hand' });
  });
});
