import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type { JobOutcome } from '../farm/jobs/job.js';
import { boardOf, jobOf } from '../nightly/testing/tiny-jobs.js';
import { NightLines } from './night-lines.js';

const board = boardOf(1);
const job = jobOf('words');
const now = '2026-11-21T20:00:00.000Z';
const outcome: JobOutcome = {
  job: job.id,
  try: 1,
  verdict: 'infra-fail',
  failures: [{ class: 'infra-fail', message: 'cam-1: brownout' }],
  machine: 'here',
  startedAt: now,
  endedAt: now,
  boards: [],
};
const retried = { record: 'retried', job: job.id, try: 1, outcome } as const;

describe('the lines of a night', () => {
  it('say that a job is tried again when it is, and not before', () => {
    const out = new PassThrough({ encoding: 'utf8' });
    const lines = new NightLines(out as unknown as NodeJS.WriteStream);
    const started = { type: 'started', job, boards: [board], joined: false } as const;
    lines.change({ ...started, try: 1 });
    lines.change({ type: 'ended', job, entry: retried });
    expect(out.read()).to.equal('words: cam-1: brownout\n');
    lines.change({ ...started, try: 2 });
    expect(out.read()).to.equal('words: tried again on cam-1\n');
    lines.change({ ...started, try: 3 });
    expect(out.read()).to.equal(null);
  });
});
