import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InfraError } from '../../errors.js';
import {
  type Job,
  type JobOutcome,
  jobIdSchema,
  jobOutcomeSchema,
  jobSchema,
  type Placement,
  placementSchema,
} from './job.js';
import { processSchema } from './process-identity.js';

/** One start of a job on this machine. */
export interface JobRef {
  readonly id: string;
  readonly try: number;
}

/** Whose the job is to run: the process that runs it, or nobody, since it was given up before any began. */
const claimSchema = z.union([processSchema, z.object({ abandoned: z.string() })]);
export type Claim = z.output<typeof claimSchema>;

/** `jobs/ID/try-N`, as FARM.md says, and besides it `output.log`, what the process printed, and `stop`, once it was asked to. */
export class JobFolder {
  constructor(readonly path: string) {}

  /** @throws InfraError `bad-job` for an id that is no folder's name */
  static of(stateFolder: string, ref: JobRef): JobFolder {
    const plain = jobIdSchema.safeParse(ref.id).success && Number.isInteger(ref.try) && ref.try > 0;
    if (!plain) throw new InfraError('bad-job', `"${ref.id}", try ${ref.try}: that names no job`);
    return new JobFolder(join(stateFolder, 'jobs', ref.id, `try-${ref.try}`));
  }

  get events(): string {
    return join(this.path, 'events.jsonl');
  }

  get output(): string {
    return join(this.path, 'output.log');
  }

  get runs(): string {
    return join(this.path, 'runs');
  }

  /** Where the job's tree is put, and the process works. */
  get work(): string {
    return join(this.path, 'work');
  }

  /** Makes the whole folder in one step; false when somebody did so before. */
  async make(job: Job, placement: Placement): Promise<boolean> {
    const draft = join(dirname(dirname(this.path)), `.new-${randomUUID()}`);
    await mkdir(draft, { recursive: true });
    try {
      await writeFile(join(draft, 'job.json'), toJson(job));
      await writeFile(join(draft, 'placement.json'), toJson(placement));
      await this.place(draft);
      return true;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** The parent may just be removed as old and empty: it is made again. */
  private async place(draft: string, again = true): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    await rename(draft, this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || !again) throw error;
      return this.place(draft, false);
    });
  }

  /** @throws InfraError `no-job` */
  async job(): Promise<{ readonly job: Job; readonly placement: Placement }> {
    const job = await this.read('job.json', jobSchema);
    const placement = await this.read('placement.json', placementSchema);
    if (job !== undefined && placement !== undefined) return { job, placement };
    throw noJob(this.path);
  }

  /** Takes the job for the process that calls, or for nobody: of all who ask, one gets it. */
  async claim(claim: Claim): Promise<boolean> {
    const draft = join(this.path, `.claim-${randomUUID()}`);
    try {
      await writeFile(draft, toJson(claim));
      await link(draft, join(this.path, 'process.json'));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  claimed(): Promise<Claim | undefined> {
    return this.read('process.json', claimSchema);
  }

  outcome(): Promise<JobOutcome | undefined> {
    return this.read('outcome.json', jobOutcomeSchema);
  }

  async finish(outcome: JobOutcome): Promise<void> {
    const draft = join(this.path, `.outcome-${randomUUID()}`);
    await writeFile(draft, toJson(outcome));
    await rename(draft, join(this.path, 'outcome.json'));
  }

  /** The run folder, when it came to one. */
  async runFolder(): Promise<string | undefined> {
    const names = await readdir(this.runs).catch(() => [] as string[]);
    const name = names.find((one) => !one.startsWith('.'));
    return name === undefined ? undefined : join(this.runs, name);
  }

  /** Undefined for a file that is not there. Files are placed whole: what cannot be read was damaged. */
  private async read<T extends z.ZodType>(name: string, schema: T): Promise<z.output<T> | undefined> {
    const text = await readFile(join(this.path, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const checked = schema.safeParse(parse(text));
    if (checked.success) return checked.data;
    throw new InfraError('bad-job', `${join(this.path, name)} is damaged`, { path: this.path });
  }
}

export function noJob(path: string): InfraError {
  return new InfraError('no-job', `there is no job in ${path}`, { path });
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
