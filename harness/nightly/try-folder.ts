import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InfraError } from '../errors.js';
import { jobOutcomeSchema } from '../farm/jobs/job.js';
import type { Finished } from '../farm/place.js';
import { readRunFile, writeAtomically } from '../results/run-folder.js';

const finishedSchema = z.object({ outcome: jobOutcomeSchema, runFolder: z.string().optional() });

/** `ID/try-N/`: that a try was begun here, and `finished.json`: what it came to. What was begun once is never begun again. */
export class TryFolder {
  private readonly path: string;

  constructor(
    parent: string,
    private readonly job: string,
    private readonly number: number,
  ) {
    this.path = join(parent, job, `try-${number}`);
  }

  /**
   * Undefined: it is this process's to run now. Else what it came to earlier.
   * @throws InfraError `job-died`: it was begun by a process that did not come to its end
   */
  async begin(): Promise<Finished | undefined> {
    await mkdir(join(this.path, '..'), { recursive: true });
    const fresh = await mkdir(this.path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (fresh) return undefined;
    const file = join(this.path, 'finished.json');
    if (existsSync(file)) return withoutAbsent(await readRunFile(file, finishedSchema));
    const message = `${this.job}: try ${this.number} was begun by a process that is gone`;
    throw new InfraError('job-died', message, { job: this.job, try: this.number });
  }

  async finish(finished: Finished): Promise<void> {
    await writeAtomically(join(this.path, 'finished.json'), `${JSON.stringify(finished, null, 1)}\n`);
  }

  /** Nothing was done after all. */
  async forget(): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

function withoutAbsent({ outcome, runFolder }: z.output<typeof finishedSchema>): Finished {
  return { outcome, ...(runFolder === undefined ? {} : { runFolder }) };
}
