import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { packageRoot } from '../../paths.js';
import { JobFolder } from './job-folder.js';
import type { JobLine } from './job-line.js';
import { type JobStore, openJobStore } from './job-store.js';
import { ownIdentity, type ProcessIdentity } from './process-identity.js';
import { placed, sampleJob } from './testing/sample-job.js';
import { type Script, scriptedCommand } from './testing/scripted-job.js';

const never = new AbortController().signal;

describe('the jobs of a machine', () => {
  let state = '';
  let store: JobStore;
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'tokenrack-jobs-'));
    store = openJobStore(state, { command: scriptedCommand });
  });
  afterEach(() => rm(state, { recursive: true, force: true, maxRetries: 5 }));

  const ref = (id: string) => ({ id, try: 1 });
  const start = (id: string, script: Script) => store.start(sampleJob(id, script), placed());

  async function notes(id: string, offset = 0): Promise<{ note: string; next: number }[]> {
    const told: { note: string; next: number }[] = [];
    await store.follow(ref(id), offset, (line, next) => void told.push({ note: noteOf(line), next }), never);
    return told;
  }

  async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
    return promise.then(
      () => expect.fail('nothing was thrown'),
      (error: { code: string; message: string }) => error,
    );
  }

  it('starts a job once, though many processes ask at once', async () => {
    const witness = join(state, 'witness');
    const program = join(packageRoot, 'dist', 'farm', 'jobs', 'testing', 'start-often.js');
    const script = JSON.stringify({ witness, lines: 3 });
    const run = promisify(execFile);
    const asked = await Promise.all(
      Array.from({ length: 6 }, () => run(process.execPath, [program, state, 'one', '20', script])),
    );
    const answers = asked.flatMap(({ stdout }) => stdout.trim().split('\n'));
    expect(answers).to.have.length(120);
    expect(answers.filter((answer) => answer === 'started')).to.have.length(1);
    expect((await store.follow(ref('one'), 0, () => {}, never)).verdict).to.equal('pass');
    expect((await readFile(witness, 'utf8')).trim().split('\n')).to.have.length(1);
    expect(await readdir(join(state, 'jobs'))).to.deep.equal(['one']);
  });

  it('hands over the lines from any offset: those that begin there or later, each with the offset after it', async () => {
    await start('lines', { lines: 12 });
    const all = await notes('lines');
    expect(all.map(({ note }) => note)).to.deep.equal(
      Array.from({ length: 12 }, (_, n) => `line ${n} – größer`),
    );
    const { size } = await stat(join(state, 'jobs', 'lines', 'try-1', 'events.jsonl'));
    expect(all.at(-1)?.next).to.equal(size);
    const begins = [0, ...all.map(({ next }) => next)];
    for (let offset = 0; offset <= size + 3; offset++)
      expect(await notes('lines', offset), `from ${offset}`).to.deep.equal(
        all.filter((_, index) => begins[index]! >= offset),
      );
  });

  it('tells lines as they are written, and goes on from where somebody stopped', async () => {
    await start('slow', { lines: 20, pauseMs: 20 });
    const told: string[] = [];
    let offset = 0;
    for (let turn = 0; turn < 4; turn++) {
      const stop = new AbortController();
      const onLine = (line: JobLine, next: number): void => {
        told.push(noteOf(line));
        offset = next;
        if (told.length === 4 * (turn + 1)) stop.abort(new Error('enough'));
      };
      // Lines that are there already are handed over before the signal is looked at.
      const ended = await store
        .follow(ref('slow'), offset, onLine, stop.signal)
        .catch((error: Error) => error.message);
      if (ended !== 'enough') break;
      expect(await store.outcome(ref('slow')), 'still running').to.equal(undefined);
    }
    await store.follow(ref('slow'), offset, (line) => void told.push(noteOf(line)), never);
    expect(told).to.deep.equal(Array.from({ length: 20 }, (_, n) => `line ${n} – größer`));
  });

  it('tells a process that was killed as dead, with its last words, after all it had written', async () => {
    await start('killed', { lines: 5, end: 'killed' });
    const told: string[] = [];
    const error = await failure(
      store.follow(ref('killed'), 0, (line) => void told.push(noteOf(line)), never),
    );
    expect(error).to.have.property('code', 'job-died');
    expect(error).to.have.nested.property('details.evidence', 'these are my last words');
    expect(told).to.have.length(5);
  });

  it('leaves out a line that a kill tore', async () => {
    await start('torn', { lines: 5, end: 'torn' });
    const told: string[] = [];
    await failure(store.follow(ref('torn'), 0, (line) => void told.push(noteOf(line)), never));
    expect(told).to.have.length(5);
  });

  /** A job whose folder was made by a process that is gone, and that some process once took, or none. */
  async function leftBehind(id: string, claim?: ProcessIdentity): Promise<JobFolder> {
    const folder = JobFolder.of(state, ref(id));
    await mkdir(join(state, 'jobs'), { recursive: true });
    await folder.make(sampleJob(id), placed());
    if (claim !== undefined) await folder.claim(claim);
    return folder;
  }

  const own = ownIdentity();
  const strangers: Record<string, ProcessIdentity> = {
    'a later process with the same number': { ...own, start: '1' },
    'a process of an earlier boot': { ...own, boot: 'another' },
    'a process of another container': { ...own, space: 'another' },
  };
  for (const [who, claim] of Object.entries(strangers)) {
    it(`does not take ${who} for the job's`, async () => {
      await leftBehind('stranger', claim);
      expect(await failure(notes('stranger'))).to.have.property('code', 'job-died');
    });
  }

  it('waits for a process that lives', async () => {
    const folder = await leftBehind('alive', own);
    const followed = store.follow(ref('alive'), 0, () => {}, never);
    const first = await Promise.race([followed, new Promise((done) => setTimeout(done, 600, 'waits'))]);
    expect(first).to.equal('waits');
    const at = new Date().toISOString();
    const outcome = { job: 'alive', try: 1, machine: 'here', startedAt: at, endedAt: at } as const;
    await folder.finish({ ...outcome, verdict: 'pass', failures: [], boards: [] });
    expect((await followed).verdict).to.equal('pass');
  });

  it('gives up a job that no process took, and then none can take it any more', async () => {
    store = openJobStore(state, { command: scriptedCommand, graceMs: 300 });
    const folder = await leftBehind('orphan');
    const began = performance.now();
    const error = await failure(notes('orphan'));
    expect(error).to.have.property('code', 'job-died');
    expect(error.message).to.match(/did not begin/);
    expect(performance.now() - began).to.be.within(250, 3000);
    expect(await folder.claim(own)).to.equal(false);
    expect(await start('orphan', {})).to.equal('already');
  });

  it('says so at once when no process can be started', async () => {
    store = openJobStore(state, { command: [join(state, 'no-such-program')] });
    expect(await failure(start('unstarted', {}))).to.have.property('code', 'job-died');
    expect((await failure(notes('unstarted'))).message).to.match(/did not begin.*ENOENT/);
  });

  it('refuses a job that another version made, with the command that installs the right one', async () => {
    const other = { ...sampleJob('other'), tokenrack: '9.9.9' };
    const error = await failure(store.start(other, placed()));
    expect(error).to.have.property('code', 'other-version');
    expect(error.message).to.match(/npm install -g tokenrack@9\.9\.9/);
    expect(await readdir(state)).to.deep.equal([]);
  });

  it('names a job that is not there', async () => {
    expect(await failure(notes('nothing'))).to.have.property('code', 'no-job');
    expect(await failure(store.stop(ref('nothing')))).to.have.property('code', 'no-job');
    expect(await failure(notes('../../etc'))).to.have.property('code', 'bad-job');
  });

  it('forgets a job that has ended, and none that runs', async () => {
    await start('runs', { lines: 1000, pauseMs: 20 });
    expect(await failure(store.remove(ref('runs')))).to.have.property('code', 'job-runs');
    const begun = new AbortController();
    await failure(store.follow(ref('runs'), 0, () => begun.abort(new Error('begun')), begun.signal));
    expect(await failure(store.remove(ref('runs')))).to.have.property('code', 'job-runs');
    await store.stop(ref('runs'));
    expect(await failure(notes('runs'))).to.have.property('code', 'job-died');
    await store.remove(ref('runs'));
    await store.remove(ref('runs'));
    expect(await failure(notes('runs'))).to.have.property('code', 'no-job');
  });

  it('forgets jobs older than a week when the next one starts', async () => {
    await start('old', {});
    await notes('old');
    const old = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    for (const path of ['old/try-1', 'old']) await utimes(join(state, 'jobs', path), old, old);
    store = openJobStore(state, { command: scriptedCommand });
    await start('new', {});
    expect(await readdir(join(state, 'jobs'))).to.deep.equal(['new']);
  });

  it('keeps a damaged job apart from one that is not there', async () => {
    await start('damaged', {});
    await notes('damaged');
    await writeFile(join(state, 'jobs', 'damaged', 'try-1', 'outcome.json'), '{');
    expect(await failure(notes('damaged'))).to.have.property('code', 'bad-job');
  });
});

function noteOf(line: JobLine): string {
  return 'note' in line ? line.note : '';
}
