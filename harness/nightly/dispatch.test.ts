import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import { type DispatchOptions, dispatch } from './dispatch.js';
import { Ledger } from './ledger.js';
import { NightBoards } from './night-boards.js';
import { NightPlace } from './night-place.js';
import { FakePlace, type Play, type Played } from './testing/fake-place.js';
import { boardOf, jobOf } from './testing/tiny-jobs.js';

const [first, second, third] = [boardOf(1), boardOf(2), boardOf(3)];

describe('dispatching a night over places', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-dispatch-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const nightPlace = (place: FakePlace, waitsInLine = false): NightPlace =>
    new NightPlace({ name: place.name, boards: place.boards, open: async () => place, waitsInLine });

  /** Runs the jobs, as a controller that opens the ledger anew does, and says what it has of each. */
  async function night(
    jobs: readonly Job[],
    places: readonly NightPlace[],
    options: Partial<DispatchOptions> = {},
  ): Promise<Record<string, string>> {
    await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    const fresh = jobs.filter(({ id }) => !ledger.state.has(id));
    await ledger.append(...fresh.map(({ id }) => ({ record: 'planned', job: id }) as const));
    await dispatch({
      jobs,
      ledger,
      boards: new NightBoards(places),
      nightFolder: folder,
      runsFolder: join(folder, 'runs'),
      retries: 1,
      signal: new AbortController().signal,
      onEvent: () => {},
      onChange: () => {},
      onFinished: async () => {},
      pollMs: 20,
      graceMs: 60,
      ...options,
    });
    return Object.fromEntries(
      jobs.map(({ id, title }) => {
        const { tries, judged } = ledger.state.get(id)!;
        return [title, [...tries.map((one) => one.state), judged?.verdict ?? 'not judged'].join(' ')];
      }),
    );
  }

  const failsOn =
    (bad: string): Play =>
    ({ boards }) =>
      boards.includes(bad) ? 'infra-fail' : 'pass';

  it('gives every board work at once, and judges every job', async () => {
    let together = 0;
    let arrive: () => void = () => {};
    const allThree = new Promise<void>((done) => {
      arrive = done;
    });
    const place = new FakePlace('local', [first, second, third], async (): Promise<Played> => {
      if (++together === 3) arrive();
      await allThree;
      return 'pass';
    });
    const jobs = Array.from({ length: 12 }, (_, n) => jobOf(`job-${n}`));
    const states = await night(jobs, [nightPlace(place)]);
    expect(new Set(Object.values(states))).to.deep.equal(new Set(['judged pass']));
    expect(place.runs).to.have.length(12);
  });

  it('tries an infra-fail again on another board, and a product-fail not at all', async () => {
    const place = new FakePlace('local', [first, second], ({ job, boards }) =>
      job.title === 'broken' ? 'product-fail' : boards.includes('cam-1') ? 'infra-fail' : 'pass',
    );
    const states = await night([jobOf('any'), jobOf('broken')], [nightPlace(place)]);
    expect(states).to.deep.equal({ any: 'retried judged pass', broken: 'judged product-fail' });
    const tried = place.runs.filter(({ job }) => job.title === 'any').map(({ boards }) => boards);
    expect(tried).to.deep.equal([['cam-1'], ['cam-2']]);
  });

  it('tries it on the same board when no other fits, and only so often', async () => {
    const place = new FakePlace('local', [first, second], failsOn('cam-1'));
    const states = await night([jobOf('here', { mac: first.mac })], [nightPlace(place)], { retries: 2 });
    expect(states).to.deep.equal({ here: 'retried retried judged infra-fail' });
    expect(place.runs.map(({ boards }) => boards)).to.deep.equal([['cam-1'], ['cam-1'], ['cam-1']]);
  });

  it('leaves out a board that went to quarantine, and judges what only it could have run', async () => {
    const place: FakePlace = new FakePlace('local', [first, second], (run) => {
      if (run.boards.includes('cam-1'))
        place.states.set(first.mac, { state: 'quarantined', why: 'brownouts' });
      return failsOn('cam-1')(run);
    });
    const jobs = [jobOf('a', { mac: first.mac }), jobOf('b', { mac: first.mac }), jobOf('c')];
    const states = await night(jobs, [nightPlace(place)]);
    expect(Object.values(states).sort()).to.deep.equal(['inconclusive', 'judged pass', 'retried infra-fail']);
    expect(place.runs.filter(({ boards }) => boards.includes('cam-1'))).to.have.length(1);
    await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    const left = jobs.map(({ id }) => ledger.state.get(id)!).find(({ tries }) => tries.length === 0);
    expect(left?.judged?.failures[0]).to.include({ code: 'quarantined' });
    expect(left?.judged?.failures[0]?.message).to.match(/cam-1 is in quarantine: brownouts/);
  });

  it('goes on with other work while somebody else has a board, and takes it when it is free', async () => {
    let refused = 0;
    const place: FakePlace = new FakePlace('local', [first, second], ({ boards, job }) => {
      if (job.title === 'b') place.states.clear();
      return boards.includes('cam-1') && refused++ === 0 ? { code: 'lease-busy' } : 'pass';
    });
    place.states.set(first.mac, { state: 'held', why: 'ada' });
    const jobs = [jobOf('a', { mac: first.mac }), jobOf('b', { mac: second.mac })];
    const states = await night(jobs, [nightPlace(place)]);
    expect(states).to.deep.equal({ a: 'refused judged pass', b: 'judged pass' });
    expect(place.runs[0]?.job.title).to.equal('b');
  });

  it('stands in line for a board of somebody else only where no other would do', async () => {
    const place = new FakePlace('local', [first, second], () => 'pass');
    place.states.set(first.mac, { state: 'held', why: 'ada' });
    const states = await night([jobOf('here', { mac: first.mac }), jobOf('any')], [nightPlace(place, true)]);
    expect(states).to.deep.equal({ here: 'judged pass', any: 'judged pass' });
    expect(place.runs.map(({ job, boards }) => [job.title, boards[0]]).sort()).to.deep.equal([
      ['any', 'cam-2'],
      ['here', 'cam-1'],
    ]);
  });

  it("takes a lost place's jobs elsewhere, and tells those that could not go as lost with it", async () => {
    const away = new FakePlace('lab-1', [first], () => ({ code: 'place-lost' }));
    let opened = 0;
    const lost = new NightPlace({
      name: 'lab-1',
      boards: [first],
      waitsInLine: false,
      open: async () => {
        if (opened++ > 0) throw new InfraError('ssh-lost', 'lab-1 does not answer');
        return away;
      },
    });
    const here = new FakePlace('local', [second], () => 'pass');
    const jobs = [jobOf('any'), jobOf('there', { mac: first.mac })];
    const states = await night(jobs, [lost, nightPlace(here)]);
    expect(states.any).to.match(/judged pass$/);
    expect(states.there).to.match(/infra-fail$/);
    await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    const told = ledger.state.get('night.there')?.judged?.failures[0];
    expect(told).to.include({ code: 'place-lost', class: 'infra-fail' });
    expect(told?.message).to.match(/lab-1 does not answer/);
    expect(opened).to.be.greaterThan(1);
  });

  it('uses a place again that came back', async () => {
    let lost = false;
    const place = new FakePlace('lab-1', [first], () => {
      if (lost) return 'pass';
      lost = true;
      return { code: 'place-lost' };
    });
    expect(await night([jobOf('there', { mac: first.mac })], [nightPlace(place)])).to.deep.equal({
      there: 'lost judged pass',
    });
  });

  it('starts nothing after its time is up, and goes on with the rest when it is resumed', async () => {
    const place = new FakePlace('local', [first], async (): Promise<Played> => {
      await new Promise((done) => setTimeout(done, 60));
      return 'pass';
    });
    const jobs = [jobOf('a'), jobOf('b'), jobOf('c')];
    const states = await night(jobs, [nightPlace(place)], { untilMs: Date.now() + 90 });
    expect(Object.values(states).sort()).to.deep.equal(['judged pass', 'judged pass', 'not judged']);
    const resumed = await night(jobs, [nightPlace(place)]);
    expect(new Set(Object.values(resumed))).to.deep.equal(new Set(['judged pass']));
    expect(place.runs).to.have.length(3);
  });

  it('stops what runs when it is interrupted, and judges nothing by that', async () => {
    const interruption = new AbortController();
    const place = new FakePlace('local', [first], ({ job, signal }) => {
      if (job.title !== 'long') return 'pass';
      setTimeout(() => interruption.abort(), 5);
      return new Promise((done) => {
        signal.addEventListener('abort', () => done('inconclusive'));
      });
    });
    const jobs = [jobOf('long'), jobOf('next')];
    const states = await night(jobs, [nightPlace(place)], { signal: interruption.signal });
    expect(states).to.deep.equal({ long: 'lost not judged', next: 'not judged' });
    const calm = new FakePlace('local', [first], () => 'pass');
    expect(await night(jobs, [nightPlace(calm)])).to.deep.equal({
      long: 'lost judged pass',
      next: 'judged pass',
    });
    expect(calm.runs.map((run) => run.try)).to.deep.equal([2, 1]);
  });

  it('joins what an earlier controller started, and tries again what died with it', async () => {
    const jobs = [jobOf('goes-on'), jobOf('died')];
    {
      await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
      for (const [{ id }, { mac }] of [
        [jobs[0]!, first],
        [jobs[1]!, second],
      ] as const) {
        await ledger.append(
          { record: 'planned', job: id },
          { record: 'started', job: id, try: 1, place: 'local', boards: [mac] },
        );
      }
    }
    const place = new FakePlace('local', [first, second], (run) =>
      run.job.title === 'died' && run.try === 1 ? { code: 'job-died' } : 'pass',
    );
    const states = await night(jobs, [nightPlace(place)], { retries: 0 });
    expect(states).to.deep.equal({ 'goes-on': 'judged pass', died: 'lost judged pass' });
    expect(place.runs.slice(0, 2).map((run) => run.try)).to.deep.equal([1, 1]);
  });

  it('judges nothing by a place that cannot be reached when the night is gone on with', async () => {
    const job = jobOf('open');
    {
      await using ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
      const boards = [first.mac];
      await ledger.append(
        { record: 'planned', job: job.id },
        { record: 'started', job: job.id, try: 1, place: 'lab-1', boards },
      );
    }
    const back = new FakePlace('lab-1', [first], () => 'pass');
    let opened = 0;
    const lost = new NightPlace({
      name: 'lab-1',
      boards: [first],
      waitsInLine: false,
      open: async () => {
        if (opened++ === 0) throw new InfraError('ssh-unreachable', 'nothing listens there');
        return back;
      },
    });
    expect(await night([job], [lost], { retries: 0 })).to.deep.equal({ open: 'lost judged pass' });
  });

  it('counts nothing against a job that was on a place which another job found lost', async () => {
    let close: (played: Played) => void = () => {};
    let begun: () => void = () => {};
    const staysRuns = new Promise<void>((done) => {
      begun = done;
    });
    const dying = new FakePlace('lab-1', [first, second], async ({ job }): Promise<Played> => {
      if (job.title === 'finds-out') return await staysRuns.then(() => ({ code: 'place-lost' }));
      begun();
      return await new Promise((done) => {
        close = done;
      });
    });
    dying[Symbol.asyncDispose] = async () => close({ code: 'ssh-lost' });
    const back = new FakePlace('lab-1', [first, second], () => 'pass');
    const places = [dying, back];
    const lost = new NightPlace({
      name: 'lab-1',
      boards: [first, second],
      waitsInLine: false,
      open: async () => places.shift()!,
    });
    const jobs = [jobOf('stays', { mac: first.mac }), jobOf('finds-out', { mac: second.mac })];
    expect(await night(jobs, [lost], { retries: 0 })).to.deep.equal({
      stays: 'lost judged pass',
      'finds-out': 'lost judged pass',
    });
  });

  it('gives several boards of one place to a job that wants them', async () => {
    const here = new FakePlace('local', [first], () => 'pass');
    const there = new FakePlace(
      'lab-1',
      [second, third].map((board) => ({ ...board, rack_host: 'lab-1' })),
      () => 'pass',
    );
    const states = await night([jobOf('pair', { count: 2 })], [nightPlace(here), nightPlace(there)]);
    expect(states).to.deep.equal({ pair: 'judged pass' });
    expect(there.runs[0]?.boards).to.deep.equal(['cam-2', 'cam-3']);
  });

  it('ends when the ledger cannot be written, and stops what runs', async () => {
    let stopped = false;
    const place = new FakePlace('local', [first, second], ({ job, signal }) => {
      if (job.title === 'quick') return 'pass';
      return new Promise((done) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          done('inconclusive');
        });
      });
    });
    const full = Object.assign(new Error('disk full'), { code: 'ENOSPC' });
    const ended = await night([jobOf('quick'), jobOf('slow')], [nightPlace(place)], {
      onFinished: async () => {
        throw full;
      },
    }).catch((error: unknown) => error);
    expect(ended).to.equal(full);
    expect(stopped).to.equal(true);
  });

  it('breaks off when the disk of this machine is full, without judging any job by that', async () => {
    const place = new FakePlace('local', [first], () => ({ code: 'disk-full' }));
    const ended = await night([jobOf('a'), jobOf('b')], [nightPlace(place)]).catch((error: unknown) => error);
    expect(ended).to.include({ code: 'disk-full', failureClass: 'infra-fail' });
    expect(place.runs.length).to.equal(1);
  });

  it("takes a rack host's full disk for that host's trouble, and tries the job elsewhere", async () => {
    const there = new FakePlace('lab-1', [{ ...first, rack_host: 'lab-1' }], () => ({ code: 'disk-full' }));
    const here = new FakePlace('local', [second], () => 'pass');
    const jobs = [jobOf('a'), jobOf('b')];
    const states = Object.values(await night(jobs, [nightPlace(there), nightPlace(here)]));
    expect(states.sort()).to.deep.equal(['judged pass', 'retried judged pass']);
  });
});
