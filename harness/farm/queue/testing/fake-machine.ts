import { appendFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InfraError } from '../../../errors.js';
import type { Job, JobOutcome, Placement } from '../../jobs/job.js';
import type { Machine } from '../machine.js';

export interface FakeMachineOptions {
  /** Gets what the jobs came to. */
  readonly folder: string;
  /** Gets a line for every start and every end of a job, of all machines that share it. */
  readonly diary: string;
  readonly name: string;
  /** How long a job takes; default: its `overrides.ms`. */
  readonly durationMs?: (job: Job) => number;
  /** Boards that turn out to be somebody else's when a job is started. */
  readonly stolen?: Set<string>;
}

export interface DiaryLine {
  readonly what: 'start' | 'end' | 'stop';
  readonly job: string;
  readonly try: number;
  readonly worker: string;
  readonly boards: readonly string[];
}

/**
 * A machine whose jobs only take time, `overrides.ms`, for the queue's own tests; they end with the process, as tied ones
 * do. Each leaves a run folder, but for those with `overrides.bare`; all of them have one name, as runs of one title and second have.
 */
export function fakeMachine(options: FakeMachineOptions): Machine {
  const running = new Map<string, FakeJob>();
  const key = (id: string, number: number): string => `${id}/${number}`;
  return {
    status: async (boards) => boards.map(({ mac }) => ({ mac, state: 'free' })),
    jobs: {
      async start(job, placement) {
        const name = key(job.id, placement.try);
        if (running.has(name)) return 'already';
        running.set(name, new FakeJob(job, placement, options));
        return 'started';
      },
      follow(ref, _offset, onLine) {
        onLine({ at: new Date().toISOString(), note: `try ${ref.try}` }, 1);
        return running.get(key(ref.id, ref.try))!.outcome;
      },
      stop: async (ref) => running.get(key(ref.id, ref.try))!.stop(),
      runFolderOf: async (ref) => running.get(key(ref.id, ref.try))!.runFolder,
    },
  };
}

class FakeJob {
  readonly outcome: Promise<JobOutcome>;
  runFolder: string | undefined;
  private readonly stopped = new AbortController();

  constructor(
    private readonly job: Job,
    private readonly placement: Placement,
    private readonly options: FakeMachineOptions,
  ) {
    this.outcome = this.run();
  }

  stop(): void {
    this.stopped.abort();
  }

  private async run(): Promise<JobOutcome> {
    const { stolen, durationMs = ({ overrides }: Job) => Number(overrides.ms ?? 0) } = this.options;
    const startedAt = new Date().toISOString();
    const taken = this.placement.boards.find(({ mac }) => stolen?.has(mac));
    if (taken !== undefined) throw new InfraError('lease-busy', `${taken.id} is somebody else's`);
    this.note('start');
    await delay(durationMs(this.job), undefined, { signal: this.stopped.signal }).catch(() => {});
    const whole = !this.stopped.signal.aborted;
    if (whole && this.job.overrides.bare !== true) this.runFolder = await this.writeRun();
    this.note(whole ? 'end' : 'stop');
    return {
      job: this.job.id,
      try: this.placement.try,
      verdict: whole ? 'pass' : 'inconclusive',
      failures: [],
      machine: this.options.name,
      startedAt,
      endedAt: new Date().toISOString(),
      boards: this.placement.boards.map(({ id, mac }) => ({ id, mac })),
    };
  }

  private async writeRun(): Promise<string> {
    const folder = join(this.options.folder, `${this.job.id}-${this.placement.try}`, 'run');
    await mkdir(join(folder, 'boards'), { recursive: true });
    await writeFile(join(folder, 'plan.json'), JSON.stringify(this.job));
    await writeFile(join(folder, 'boards', 'uart.bin'), `${this.options.name} ran ${this.job.id}`);
    return folder;
  }

  private note(what: DiaryLine['what']): void {
    const line: DiaryLine = {
      what,
      job: this.job.id,
      try: this.placement.try,
      worker: this.options.name,
      boards: this.placement.boards.map(({ mac }) => mac),
    };
    appendFileSync(this.options.diary, `${JSON.stringify(line)}\n`);
  }
}
