import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { packageRoot } from '../../../paths.js';
import { openFolderStore } from '../../blobs/folder-store.js';
import { makeTree } from '../../blobs/make-tree.js';
import { ship } from '../../blobs/ship.js';
import { writeFolder } from '../../blobs/testing/folders.js';
import { EventLog } from '../../jobs/event-log.js';
import type { JobOutcome } from '../../jobs/job.js';
import { JobFolder } from '../../jobs/job-folder.js';
import { ownIdentity } from '../../jobs/process-identity.js';

/** A job's process without boards: what it does stands in the job's overrides. */
const scriptSchema = z.object({
  /** So many tokens, each with its number as its id. */
  tokens: z.int().default(0),
  pauseMs: z.int().default(0),
  /** Length of the largest file of its run folder; without it there is no run. */
  runBytes: z.int().optional(),
  runId: z.string().default('run'),
  /** A file by which it is told: while it is there, its board is somebody else's. */
  busyWhile: z.string().optional(),
  /** File that gets the process's number from every process that runs the job. */
  witness: z.string().optional(),
});
export type FakeScript = z.input<typeof scriptSchema>;

export const fakeJobCommand = [
  process.execPath,
  join(packageRoot, 'dist', 'farm', 'ssh', 'testing', 'fake-job.js'),
];

/** What the run folder of such a job holds. */
export function runFiles(runBytes: number): Readonly<Record<string, string>> {
  return { 'plan.json': '{}', 'boards/cam-1/attempt-1/uart.bin': '\u0080'.repeat(runBytes) };
}

async function play(path: string): Promise<void> {
  const folder = new JobFolder(path);
  if (!(await folder.claim(ownIdentity()))) return;
  const { job, placement } = await folder.job();
  const script = scriptSchema.parse(job.overrides);
  if (script.witness !== undefined) appendFileSync(script.witness, `${process.pid}\n`);
  const startedAt = new Date().toISOString();
  const stopped = await tell(folder, script);
  const run =
    script.runBytes === undefined ? {} : { run: await makeRun(folder, script.runId, script.runBytes) };
  const busy = script.busyWhile !== undefined && existsSync(script.busyWhile);
  await folder.finish({
    job: job.id,
    try: placement.try,
    verdict: busy ? 'infra-fail' : stopped ? 'inconclusive' : 'pass',
    failures: busy ? [{ class: 'infra-fail', code: 'lease-busy', message: 'cam-1 is held by somebody' }] : [],
    machine: 'fake',
    startedAt,
    endedAt: new Date().toISOString(),
    boards: [],
    ...run,
  });
}

/** Whether it was interrupted. */
async function tell(folder: JobFolder, { tokens, pauseMs }: z.output<typeof scriptSchema>): Promise<boolean> {
  let stopped = false;
  process.on('SIGTERM', () => {
    stopped = true;
  });
  using log = new EventLog(folder.events);
  for (let id = 0; id < tokens && !stopped; id++) {
    const bytes = new TextEncoder().encode(`é${id}`);
    log.event({ type: 'token', board: 'cam-1', prompt: 0, repeat: 0, id, us: id * 1000, bytes });
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return stopped;
}

async function makeRun(folder: JobFolder, id: string, runBytes: number): Promise<JobOutcome['run']> {
  const path = join(folder.runs, id);
  await writeFolder(path, runFiles(runBytes));
  const made = await makeTree(path);
  await ship(made, await openFolderStore(join(folder.path, '..', '..', '..', 'blobs')));
  return { id, tree: made.hash };
}

if (process.argv[1] === fakeJobCommand[1]) await play(process.argv[4]!);
