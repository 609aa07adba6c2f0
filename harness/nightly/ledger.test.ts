import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JobOutcome } from '../farm/jobs/job.js';
import { LedgerError, type LedgerState } from './fold-ledger.js';
import { Ledger, readLedger } from './ledger.js';
import type { LedgerEntry } from './ledger-records.js';

const outcome = (number: number, verdict: JobOutcome['verdict']): JobOutcome => ({
  job: 'n.a',
  try: number,
  verdict,
  failures: verdict === 'pass' ? [] : [{ class: verdict, message: 'brownout – 2.4 V' }],
  machine: 'here',
  startedAt: '2026-11-21T20:00:00.000Z',
  endedAt: '2026-11-21T20:01:00.000Z',
  boards: [{ id: 'cam-1', mac: '24:6f:28:00:00:01' }],
});
const start = (number: number): LedgerEntry => ({
  record: 'started',
  job: 'n.a',
  try: number,
  place: 'local',
  boards: ['24:6f:28:00:00:01'],
});

/** A job's whole way: refused, lost, an infra-fail, a pass. */
const story: readonly LedgerEntry[] = [
  { record: 'planned', job: 'n.a' },
  { record: 'planned', job: 'n.b' },
  start(1),
  { record: 'refused', job: 'n.a', try: 1, why: 'held by ada' },
  start(2),
  { record: 'lost', job: 'n.a', try: 2, code: 'job-died', why: 'killed' },
  start(3),
  { record: 'retried', job: 'n.a', try: 3, outcome: outcome(3, 'infra-fail'), runFolder: 'runs/1' },
  start(4),
  { record: 'judged', job: 'n.a', try: 4, outcome: outcome(4, 'pass'), runFolder: 'runs/2' },
  { record: 'delivered', job: 'n.a', try: 4 },
];

describe('the ledger of a night', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-ledger-'));
    path = join(folder, 'ledger.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function tell(...entries: readonly LedgerEntry[]): Promise<void> {
    await using ledger = await Ledger.open(path);
    for (const entry of entries) await ledger.append(entry);
  }

  async function refused(...entries: readonly LedgerEntry[]): Promise<string> {
    await using ledger = await Ledger.open(path);
    const size = (await readFile(path)).length;
    const error = await ledger.append(...entries).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(LedgerError);
    expect(await readFile(path)).to.have.length(size);
    return (error as Error).message;
  }

  it('says what became of every job and every try', async () => {
    await tell(...story);
    await using ledger = await Ledger.open(path);
    const job = ledger.state.get('n.a');
    expect(job?.tries.map((one) => one.state)).to.deep.equal(['refused', 'lost', 'retried', 'judged']);
    expect(job?.judged).to.deep.equal(outcome(4, 'pass'));
    expect(job?.tries[3]).to.include({ runFolder: 'runs/2', delivered: true, place: 'local' });
    expect(ledger.state.get('n.b')).to.deep.equal({ job: 'n.b', tries: [] });
  });

  it('is, cut anywhere, what its whole lines say, and goes on from there', async () => {
    await tell(...story);
    const bytes = await readFile(path);
    const states: LedgerState[] = [];
    for (let cut = 0; cut <= bytes.length; cut++) {
      await writeFile(path, bytes.subarray(0, cut));
      await using ledger = await Ledger.open(path);
      const lines = bytes.subarray(0, cut).toString('latin1').split('\n').length - 1;
      const told = story.slice(0, lines);
      expect([...ledger.state.keys()], `cut at ${cut}`).to.deep.equal([
        ...new Set(told.map(({ job }) => job)),
      ]);
      states[lines] ??= new Map(ledger.state);
      expect(ledger.state, `cut at ${cut}`).to.deep.equal(states[lines]);
      if (cut % 7 === 0) {
        await ledger.append(...story.slice(lines));
        const { records, wholeBytes } = readLedger(await readFile(path), path);
        expect(records.map(({ at: _, ...entry }) => entry)).to.deep.equal(story);
        expect(wholeBytes).to.equal(bytes.length);
      }
    }
    expect(states).to.have.length(story.length + 1);
  });

  it('takes one judgement for a job, and no more', async () => {
    await tell(...story);
    const again: LedgerEntry = { record: 'judged', job: 'n.a', try: 4, outcome: outcome(4, 'product-fail') };
    expect(await refused(again)).to.match(/n\.a is judged already/);
    expect(await refused(start(5))).to.match(/judged already/);
  });

  it('takes none for a job that was not planned, a try that did not start, or one that has ended', async () => {
    await tell(...story.slice(0, 6));
    const judged = (number: number): LedgerEntry => ({
      record: 'judged',
      job: 'n.a',
      try: number,
      outcome: outcome(number, 'pass'),
    });
    expect(await refused(judged(2))).to.match(/try 2 is not open/);
    expect(await refused(judged(3))).to.match(/try 3 is not open/);
    expect(await refused(start(4))).to.match(/3 is next/);
    expect(await refused({ ...start(1), job: 'n.c' } as LedgerEntry)).to.match(/never planned/);
    await tell(start(3));
    expect(await refused(start(4))).to.match(/try 3 is still open/);
  });

  it('writes nothing of what it is told at once, when one entry cannot follow', async () => {
    await tell(...story.slice(0, 2));
    await refused(start(1), start(1));
    await using ledger = await Ledger.open(path);
    expect(ledger.state.get('n.a')?.tries).to.deep.equal([]);
  });

  it('refuses a file that is no ledger, naming the line', async () => {
    await tell(...story.slice(0, 2));
    await writeFile(path, '{"record":"guessed"}\n', { flag: 'a' });
    const error = await Ledger.open(path).catch((cause: unknown) => cause);
    expect(error).to.have.property('code', 'bad-ledger');
    expect((error as Error).message).to.match(/ledger\.jsonl:3/);
  });
});
