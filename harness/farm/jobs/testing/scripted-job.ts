import { appendFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { packageRoot } from '../../../paths.js';
import { EventLog } from '../event-log.js';
import { JobFolder } from '../job-folder.js';
import { ownIdentity } from '../process-identity.js';

/** A job's process without boards: what it does stands in the job's overrides. */
const scriptSchema = z.object({
  /** So many notes. */
  lines: z.int().default(0),
  /** Between one note and the next. */
  pauseMs: z.int().default(0),
  /** How it ends. `torn`: in the middle of a line. */
  end: z.enum(['outcome', 'killed', 'torn']).default('outcome'),
  /** File that gets a line from every process that runs the job. */
  witness: z.string().optional(),
});
export type Script = z.input<typeof scriptSchema>;

export const scriptedCommand = [
  process.execPath,
  join(packageRoot, 'dist', 'farm', 'jobs', 'testing', 'scripted-job.js'),
];

async function play(path: string): Promise<void> {
  const folder = new JobFolder(path);
  if (!(await folder.claim(ownIdentity()))) return;
  const { job, placement } = await folder.job();
  const { lines, pauseMs, end, witness } = scriptSchema.parse(job.overrides);
  if (witness !== undefined) appendFileSync(witness, `${process.pid}\n`);
  using log = new EventLog(folder.events);
  for (let index = 0; index < lines; index++) {
    log.note(`line ${index} – größer`);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  if (end === 'torn') appendFileSync(folder.events, '{"at":"2026-11-21T00:00:00.000Z","note":"never wh');
  if (end !== 'outcome') {
    writeSync(2, 'these are my last words\n');
    process.kill(process.pid, 'SIGKILL');
  }
  const at = new Date().toISOString();
  await folder.finish({
    job: job.id,
    try: placement.try,
    verdict: 'pass',
    failures: [],
    machine: 'here',
    startedAt: at,
    endedAt: at,
    boards: [],
  });
}

const [, program, , , folder] = process.argv;
if (program === scriptedCommand[1]) await play(folder!);
