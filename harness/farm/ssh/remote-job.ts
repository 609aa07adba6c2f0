import { InfraError } from '../../errors.js';
import type { RackBoard } from '../../rack/rack-schema.js';
import { fetchRun } from '../blobs/fetch-run.js';
import type { FolderStore } from '../blobs/folder-store.js';
import { fetchTree } from '../blobs/ship.js';
import { withCostTables } from '../jobs/cost-tables.js';
import type { Job, JobOutcome } from '../jobs/job.js';
import { eventOfLine } from '../jobs/job-line.js';
import { leftLine } from '../left-line.js';
import type { Finished, PlaceRunOptions } from '../place.js';
import type { HostLink } from './host-link.js';
import type { HostSession } from './host-session.js';

/** How long an interrupted job may take to come to its outcome. */
const STOP_MS = 20_000;

export interface RemotePlacement {
  readonly try: number;
  readonly boards: readonly RackBoard[];
  /** How long it stands in line for them over there. */
  readonly waitMs?: number;
}

/** One try of a job on another machine, from its start to its run folder here. Its tree is there already. */
export class RemoteJob {
  private readonly ref: { readonly id: string; readonly try: number };
  /** Aborts when the interrupted job did not end in time; until then its outcome is waited for. */
  private readonly impatient = new AbortController();
  private offset = 0;
  private boot: string | undefined;

  constructor(
    private readonly link: HostLink,
    private readonly name: string,
    private readonly near: FolderStore,
    private readonly job: Job,
    private readonly placement: RemotePlacement,
    private readonly options: PlaceRunOptions,
  ) {
    this.ref = { id: job.id, try: placement.try };
  }

  /** @throws as `Place.run`; the signal's reason when the job does not end after it was interrupted */
  async run(): Promise<Finished> {
    const { signal } = this.options;
    signal.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      timer = setTimeout(() => this.impatient.abort(signal.reason), STOP_MS);
      this.stop().catch(() => {});
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.toItsEnd();
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private async toItsEnd(): Promise<Finished> {
    await this.persist((session) => this.start(session));
    // Interrupted before that, there was nothing to stop yet.
    if (this.options.signal.aborted) await this.stop();
    const outcome = await this.persist((session) => this.follow(session));
    if (isRefused(outcome)) return await this.refuse(outcome);
    const left = leftLine(this.options.signal);
    if (left !== undefined && outcome.verdict === 'inconclusive') {
      await this.forget();
      throw left;
    }
    if (outcome.run === undefined) return { outcome };
    return { outcome, runFolder: await this.fetchRun(outcome.run) };
  }

  /** Asked again after an answer that was lost, the host says that it has the job already. */
  private async start(session: HostSession): Promise<void> {
    const { job, placement } = this;
    const there = await withCostTables({ ...placement, boards: [...placement.boards] });
    await session.call('job.start', { job, placement: there });
    this.boot = session.boot;
  }

  /** From the offset reached: a line that was handed over is not asked for again. */
  private async follow(session: HostSession): Promise<JobOutcome> {
    const onLine: Parameters<HostSession['follow']>[2] = (line, next) => {
      this.link.alive();
      this.offset = next;
      const event = eventOfLine(line);
      if (event !== undefined) this.options.onEvent(event);
    };
    try {
      return await session.follow(this.ref, this.offset, onLine, this.impatient.signal);
    } catch (error) {
      throw this.asLost(error, session);
    }
  }

  /** A job that ended with its machine, or that this forgot, is lost with the place; one that just died is not. */
  private asLost(error: unknown, session: HostSession): unknown {
    if (!(error instanceof InfraError)) return error;
    const rebooted = error.code === 'job-died' && session.boot !== this.boot;
    if (!rebooted && error.code !== 'no-job') return error;
    const why = rebooted ? 'was started anew while it ran' : 'knows nothing any more of';
    const message = `${this.name} ${why} job ${this.job.id}, try ${this.ref.try}: ${error.message}`;
    return new InfraError('place-lost', message, { cause: error });
  }

  /** Nothing was done, so the same try may be asked for again later. */
  private async refuse({ failures }: JobOutcome): Promise<never> {
    await this.forget();
    const { code, message } = failures.find(isBusy)!;
    throw new InfraError(code!, message, { host: this.name });
  }

  private async stop(): Promise<void> {
    await this.persist((session) => session.call('job.stop', this.params));
  }

  private async forget(): Promise<void> {
    await this.persist((session) => session.call('job.remove', this.params));
  }

  private async fetchRun(run: NonNullable<JobOutcome['run']>): Promise<string> {
    return await fetchRun(run, this.options.runsFolder, (folder) =>
      this.persist((session) => fetchTree(session.blobs, run.tree, this.near, folder)),
    );
  }

  private get params(): { job: string; try: number } {
    return { job: this.ref.id, try: this.ref.try };
  }

  private persist<T>(work: (session: HostSession) => Promise<T>): Promise<T> {
    return this.link.persist(work, this.impatient.signal);
  }
}

function isBusy({ code }: JobOutcome['failures'][number]): boolean {
  return code === 'lease-busy';
}

/** A board was somebody else's before anything was made of the job. */
function isRefused({ run, failures }: JobOutcome): boolean {
  return run === undefined && failures.some(isBusy);
}
