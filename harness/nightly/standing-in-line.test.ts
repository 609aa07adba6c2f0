import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, InfraError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import type { Place } from '../farm/place.js';
import { type DispatchOptions, dispatch } from './dispatch.js';
import type { LedgerState } from './fold-ledger.js';
import { Ledger } from './ledger.js';
import { NightBoards } from './night-boards.js';
import { NightPlace } from './night-place.js';
import { FakePlace, type Played, standInLine } from './testing/fake-place.js';
import { boardOf, jobOf } from './testing/tiny-jobs.js';

const [first, second] = [boardOf(1), boardOf(2)];

describe('a night with boards that it cannot have', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-in-line-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const nightPlace = (place: FakePlace, open = async (): Promise<Place> => place): NightPlace =>
    new NightPlace({ name: place.name, boards: place.boards, open, waitsInLine: true });

  async function night(
    jobs: readonly Job[],
    places: readonly NightPlace[],
    options: Partial<DispatchOptions> = {},
  ): Promise<LedgerState> {
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
      graceMs: 60_000,
      ...options,
    });
    return ledger.state;
  }

  it('ends at its time though somebody else keeps a board, and judges nothing by that', async () => {
    const place = new FakePlace('local', [first], standInLine);
    place.states.set(first.mac, { state: 'held', why: 'ada' });
    const job = jobOf('here', { mac: first.mac });
    const state = await night([job], [nightPlace(place)], { untilMs: Date.now() + 200 });
    const { tries, judged } = state.get(job.id)!;
    expect(judged).to.equal(undefined);
    expect(tries.map((one) => one.state)).to.deep.equal(['refused']);
  });

  it('keeps a place in line until a board that would do is free', async () => {
    const place: FakePlace = new FakePlace('local', [first, second], (run) => {
      if (run.boards.includes('cam-2')) return 'pass';
      setTimeout(() => place.states.delete(second.mac), 200);
      return standInLine(run);
    });
    place.states.set(first.mac, { state: 'held', why: 'ada' });
    place.states.set(second.mac, { state: 'held', why: 'bob' });
    const jobs = [jobOf('any')];
    const state = await night(jobs, [nightPlace(place)]);
    expect(state.get(jobs[0]!.id)?.judged?.verdict).to.equal('pass');
    expect(place.runs.map(({ boards }) => boards)).to.deep.equal([['cam-1'], ['cam-2']]);
  });

  it('keeps its place in line for the board that a job is for, whatever else is free', async () => {
    const place: FakePlace = new FakePlace('local', [first, second], async ({ onEvent, signal }) => {
      onEvent({ type: 'waiting', board: 'cam-1', position: 1, holder: undefined });
      await new Promise((done) => setTimeout(done, 200));
      return signal.aborted ? 'inconclusive' : 'pass';
    });
    place.states.set(first.mac, { state: 'held', why: 'ada' });
    const job = jobOf('here', { mac: first.mac });
    const state = await night([job], [nightPlace(place)]);
    expect(state.get(job.id)?.tries.map((one) => one.outcome?.verdict)).to.deep.equal(['pass']);
  });

  it('judges no job by a full disk of its own: it breaks off, and goes on when there is room', async () => {
    let isFull = true;
    const place = new FakePlace('local', [first], async (): Promise<Played> => {
      if (isFull) throw Object.assign(new Error('write'), { code: 'ENOSPC' });
      return 'pass';
    });
    const jobs = [jobOf('one'), jobOf('two')];
    const ended = await night(jobs, [nightPlace(place)]).catch((error: unknown) => error);
    expect(ended).to.include({ code: 'ENOSPC' });
    isFull = false;
    const state = await night(jobs, [nightPlace(place)]);
    expect(jobs.map(({ id }) => state.get(id)?.judged?.verdict)).to.deep.equal(['pass', 'pass']);
  });

  it('loses only the jobs of a host that somebody has to mend first', async () => {
    let opened = 0;
    const far = nightPlace(new FakePlace('lab-1', [first], () => 'pass'), async () => {
      opened++;
      throw new ConfigError('host-key-unknown', 'lab-1: its key is not known');
    });
    const here = nightPlace(new FakePlace('local', [second], () => 'pass'));
    const jobs = [jobOf('there', { mac: first.mac }), jobOf('here', { mac: second.mac }), jobOf('any')];
    const state = await night(jobs, [far, here]);
    const judged = jobs.map(({ id }) => state.get(id)?.judged);
    expect(judged.map((one) => one?.verdict)).to.deep.equal(['config-error', 'pass', 'pass']);
    expect(judged[0]?.failures[0]).to.include({ code: 'host-key-unknown', board: 'cam-1' });
    expect(judged[0]?.failures[0]?.message).to.equal(
      'cam-1: lab-1 cannot be used (host-key-unknown); the state of its boards says why',
    );
    expect(opened).to.equal(1);
  });

  it('waits for no host that shows another key than the known one', async () => {
    let opened = 0;
    const far = nightPlace(new FakePlace('lab-1', [first], () => 'pass'), async () => {
      opened++;
      throw new InfraError('host-key-changed', 'lab-1: its key has changed');
    });
    const job = jobOf('there', { mac: first.mac });
    const began = performance.now();
    const state = await night([job], [far]);
    expect(performance.now() - began, 'the grace for hosts that are away').to.be.below(30_000);
    expect(state.get(job.id)?.judged).to.include({ verdict: 'infra-fail' });
    expect(state.get(job.id)?.judged?.failures[0]).to.include({ code: 'host-key-changed', board: 'cam-1' });
    expect([opened, far.unusable?.code, far.away]).to.deep.equal([
      1,
      'host-key-changed',
      'lab-1: its key has changed',
    ]);
  });

  it('gives the jobs of a host whose key changed under way to the boards of others', async () => {
    const far = nightPlace(new FakePlace('lab-1', [first], () => ({ code: 'host-key-changed' })));
    const here = nightPlace(new FakePlace('local', [second], () => 'pass'));
    const jobs = [jobOf('there', { mac: first.mac }), jobOf('any')];
    const state = await night(jobs, [far, here]);
    const judged = jobs.map(({ id }) => state.get(id)?.judged);
    expect(judged.map((one) => one?.verdict)).to.deep.equal(['infra-fail', 'pass']);
    expect(judged[0]?.failures[0]).to.include({ code: 'host-key-changed' });
    expect(far.unusable?.code).to.equal('host-key-changed');
  });
});
