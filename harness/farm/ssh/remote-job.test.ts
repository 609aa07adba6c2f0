import { expect } from 'chai';
import type { FolderStore } from '../blobs/folder-store.js';
import type { JobOutcome } from '../jobs/job.js';
import { placed, sampleJob } from '../jobs/testing/sample-job.js';
import { leaveLine } from '../left-line.js';
import type { HostLink } from './host-link.js';
import type { HostSession } from './host-session.js';
import { RemoteJob } from './remote-job.js';

/** A host that is always there, with one job: it waits in line until it is stopped, and then comes to that verdict. */
class Host {
  readonly calls: { readonly method: string; readonly params: unknown }[] = [];
  /** Resolves when it has the job. */
  readonly started: Promise<void>;
  private start = (): void => {};
  private stop = (): void => {};
  private hasJob = false;
  private readonly stopped = new Promise<void>((done) => {
    this.stop = done;
  });

  constructor(private readonly verdict: JobOutcome['verdict']) {
    this.started = new Promise((done) => {
      this.start = done;
    });
  }

  get link(): HostLink {
    const session = {
      boot: 'first',
      call: async (method: string, params: unknown) => {
        this.calls.push({ method, params });
        if (method === 'job.start') {
          this.hasJob = true;
          this.start();
        }
        if (method === 'job.stop' && this.hasJob) this.stop();
      },
      follow: async (): Promise<JobOutcome> => {
        await this.stopped;
        const at = new Date().toISOString();
        const ended = { startedAt: at, endedAt: at, machine: 'lab', failures: [], boards: [] };
        return { job: 'one', try: 1, verdict: this.verdict, ...ended };
      },
    } as unknown as HostSession;
    return { persist: (work: (one: HostSession) => unknown) => work(session) } as unknown as HostLink;
  }
}

function runOn(host: Host, signal: AbortSignal): Promise<unknown> {
  const placement = { ...placed(), waitMs: 5000 };
  const options = { runsFolder: '', onEvent: () => {}, signal };
  const job = new RemoteJob(host.link, 'lab', {} as FolderStore, sampleJob('one'), placement, options);
  return job.run().catch((error: unknown) => error);
}

describe('a job on a rack host that is told to leave the line for its board', () => {
  it('is stopped and forgotten there, so that the same try may be asked for again', async () => {
    const host = new Host('inconclusive');
    const leaving = new AbortController();
    const running = runOn(host, leaving.signal);
    const why = leaveLine('another is free', 'one');
    await host.started;
    leaving.abort(why);
    expect(await running).to.equal(why);
    const methods = new Set(host.calls.map(({ method }) => method));
    expect([...methods], 'stopping it twice is no harm').to.deep.equal([
      'job.start',
      'job.stop',
      'job.remove',
    ]);
    expect(host.calls[0]?.params).to.deep.include({ placement: { ...placed(), waitMs: 5000 } });
  });

  it('is stopped too when it was told before it was there', async () => {
    const host = new Host('inconclusive');
    const leaving = new AbortController();
    const running = runOn(host, leaving.signal);
    const why = leaveLine('another is free', 'one');
    leaving.abort(why);
    expect(await running).to.equal(why);
    expect(host.calls.map(({ method }) => method).slice(-2)).to.deep.equal(['job.stop', 'job.remove']);
  });

  it('keeps what it came to when that was before it was told', async () => {
    const host = new Host('pass');
    const leaving = new AbortController();
    const running = runOn(host, leaving.signal);
    leaving.abort(leaveLine('another is free', 'one'));
    expect(await running).to.have.nested.property('outcome.verdict', 'pass');
    expect(host.calls.map(({ method }) => method)).not.to.include('job.remove');
  });

  it('is kept as it is when it was interrupted for another reason', async () => {
    const host = new Host('inconclusive');
    const stop = new AbortController();
    const running = runOn(host, stop.signal);
    stop.abort(new Error('enough'));
    expect(await running).to.have.nested.property('outcome.verdict', 'inconclusive');
    expect(host.calls.map(({ method }) => method)).not.to.include('job.remove');
  });
});
