import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JobOutcome } from '../../farm/jobs/job.js';
import { acquireLease } from '../../lease/acquire.js';
import type { LedgerEntry } from '../ledger-records.js';
import { planTrial } from './testing/accidents.js';
import { checkFree, checkHistory } from './testing/check-leases.js';
import { checkNight } from './testing/check-ledger.js';
import { Diary, lastLines } from './testing/diary.js';
import { evidenceOf } from './testing/evidence.js';
import { TrialMachine } from './testing/machines.js';
import { processesIn, signalAll, until } from './testing/processes.js';

const AT = '2026-11-21T00:00:00.000Z';

describe('what a trial of accidents looks for', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tokenrack-checks-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('finds jobs that are not judged, results that are not there, and an exit code that is another', async () => {
    const entries: LedgerEntry[] = [
      { record: 'planned', job: 'n.a' },
      { record: 'planned', job: 'n.b' },
      { record: 'started', job: 'n.a', try: 1, place: 'lab-1', boards: [] },
      {
        record: 'judged',
        job: 'n.a',
        try: 1,
        runFolder: 'runs/gone',
        outcome: outcomeOf('n.a', 'pass'),
      },
      { record: 'started', job: 'n.b', try: 1, place: 'lab-2', boards: [] },
      { record: 'planned', job: 'n.c' },
      { record: 'judged', job: 'n.c', outcome: outcomeOf('n.c', 'infra-fail') },
    ];
    const ledger = entries.map((entry) => `${JSON.stringify({ at: AT, ...entry })}\n`).join('');
    await writeFile(join(root, 'ledger.jsonl'), ledger);
    await writeFile(
      join(root, 'summary.json'),
      JSON.stringify({ verdict: 'pass', exitCode: 0, cells: [{}, {}, {}] }),
    );
    const { faults, counts } = await checkNight(root, 3, 3);
    expect(faults).to.deep.equal([
      'n.a, try 1 is not delivered',
      `n.a, try 1: there is no ${root}/runs/gone/result.json`,
      'n.b is judged 0 times',
      'n.b, try 1 is open',
      'n.c is given up after 0 of 1 retries: it broke',
      'the summary says pass, and the ledger infra-fail',
      'exit code 3 for pass',
    ]);
    expect(counts).to.deep.equal({ jobs: 3, judged: 2, again: 0, infraFails: 1 });
  });

  it('says of a night that failed what the ledger has, and what each try came to and printed last', async () => {
    const entries: LedgerEntry[] = [
      { record: 'planned', job: 'n.a' },
      { record: 'started', job: 'n.a', try: 1, place: 'lab-1', boards: ['24:6f'] },
      { record: 'retried', job: 'n.a', try: 1, outcome: outcomeOf('n.a', 'infra-fail') },
    ];
    const ledger = entries.map((entry) => `${JSON.stringify({ at: AT, ...entry })}\n`).join('');
    await writeFile(join(root, 'ledger.jsonl'), ledger);
    const machine = new TrialMachine(root, 0, 1);
    const folders = ['n.a/try-1', 'n.b/try-2'].map((name) => join(machine.state, 'jobs', name));
    for (const folder of folders) await mkdir(folder, { recursive: true });
    await writeFile(join(folders[0]!, 'outcome.json'), JSON.stringify(outcomeOf('n.a', 'infra-fail')));
    await writeFile(join(folders[0]!, 'process.json'), JSON.stringify({ pid: 4711 }));
    await writeFile(join(folders[0]!, 'output.log'), 'its last words\n');
    const evidence = await evidenceOf(root, [machine]);
    for (const text of [
      '00:00:00.000 started n.a, try 1 at lab-1 ["24:6f"]',
      'retried n.a, try 1: infra-fail by lab-1',
      'n.a/try-1: infra-fail at 00:00:00.000, process 4711',
      'its last words',
      'n.b/try-2: no outcome, no process',
    ])
      expect(evidence).to.contain(text);
    expect(await evidenceOf(undefined, [])).to.contain('there is no night');
  });

  it('keeps what a process says by lines with their times, also of lines that come in pieces', () => {
    const diary = new Diary();
    diary.hear('one\ntw');
    diary.hear('o\nthr');
    diary.note('an event');
    const untimed = diary.text.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, '@'));
    expect(untimed).to.deep.equal(['@one', '@two', '@thr', '@an event']);
    expect(lastLines('all', 'a\nb\nc\n', 2)).to.equal('all (1 lines before these):\n  b\n  c');
  });

  it('finds a board that is held after all should be over', async () => {
    const machine = new TrialMachine(root, 0, 1);
    const { mac, id } = machine.boards[0]!;
    const folder = join(machine.state, 'boards', mac.replaceAll(':', '-'));
    await mkdir(folder, { recursive: true });
    const lease = await acquireLease({ folder, mac, board: id, what: 'for ever', timeoutMs: 0 });
    const [held, refused] = await checkFree([machine], 100);
    expect(held).to.match(/is held by .*for ever/);
    expect(refused).to.match(/cannot be leased/);
    await lease.release();
    expect(await checkFree([machine], 100)).to.deep.equal([]);
  });

  it('passes over a run that a killed controller was just fetching', async () => {
    const attempt = join(root, 'runs', '.a-run.4711.part', 'boards', 'cam-11', 'attempt-1');
    await mkdir(attempt, { recursive: true });
    await writeFile(join(attempt, 'attempt.json'), '{}');
    expect(await checkHistory(root, [])).to.deep.equal([]);
  });

  it('finds the processes that work in a folder, and no others', async () => {
    const [here, there] = [programOf(join(root, 'lab-1', 'state')), programOf(join(root, 'lab-11', 'state'))];
    try {
      await until('programs', 5000, () => processesIn(root).length === 2);
      expect(processesIn(join(root, 'lab-1'))).to.deep.equal([here.pid]);
      expect(processesIn(join(root, 'lab-1'), 'no such word')).to.deep.equal([]);
      const gone = [once(here, 'exit'), once(there, 'exit')];
      expect(signalAll(processesIn(root), 'SIGKILL')).to.equal(2);
      await Promise.all(gone);
      expect(processesIn(root)).to.deep.equal([]);
    } finally {
      for (const child of [here, there]) child.kill('SIGKILL');
    }
  });

  it('has all kinds of accidents over both transports in 50 trials', () => {
    const happened = Array.from({ length: 50 }, (_, index) => planTrial(index + 1)).flatMap(
      ({ transport, accidents }) => accidents.map(({ kind, how }) => `${transport} ${kind} ${how}`),
    );
    const frozen = (transport: string, ...kinds: string[]) =>
      kinds.map((kind) => `${transport} ${kind} frozen`);
    const killed = (transport: string, ...kinds: string[]) =>
      kinds.map((kind) => `${transport} ${kind} killed`);
    expect([...new Set(happened)]).to.have.members([
      ...killed('ssh', 'worker', 'connection', 'host', 'controller'),
      ...frozen('ssh', 'worker', 'connection'),
      ...killed('queue', 'worker', 'connection', 'host', 'redis', 'controller'),
      ...frozen('queue', 'worker', 'connection', 'redis'),
    ]);
  });
});

function outcomeOf(job: string, verdict: 'pass' | 'infra-fail'): JobOutcome {
  const failures = verdict === 'pass' ? [] : [{ class: verdict, message: 'it broke' }];
  return { job, try: 1, verdict, failures, boards: [], machine: 'lab-1', startedAt: AT, endedAt: AT };
}

function programOf(state: string): ChildProcess {
  return spawn('sleep', ['60'], { env: { ...process.env, TOKENRACK_STATE: state }, stdio: 'ignore' });
}
