import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../../errors.js';
import { sweepBlobs } from '../blobs/sweep-blobs.js';
import { causeOfDeath } from './follow-job.js';
import { JobFolder } from './job-folder.js';

const DAYS_MS = 24 * 3600 * 1000;
const JOB_DAYS = 7;
/** Longer than jobs: the next one often needs the same model. */
const BLOB_DAYS = 14;

/** @throws InfraError `job-runs` */
export async function removeJob(home: string, folder: JobFolder, graceMs: number): Promise<void> {
  if (await mayStillRun(folder, graceMs))
    throw new InfraError('job-runs', `the job in ${folder.path} is still running: stop it first`);
  const away = join(home, 'jobs', `.old-${randomUUID()}`);
  await rename(folder.path, away).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rm(away, { recursive: true, force: true });
}

async function mayStillRun(folder: JobFolder, graceMs: number): Promise<boolean> {
  if ((await stat(folder.path).catch(() => undefined)) === undefined) return false;
  if ((await causeOfDeath(folder, { outOfPatience: false, graceMs })) !== undefined) return false;
  return (await folder.outcome()) === undefined;
}

/** Jobs and contents that nobody asked for any more. Best effort: what cannot be removed now is so another time. */
export async function forgetOldJobs(home: string, graceMs: number): Promise<void> {
  const jobs = join(home, 'jobs');
  for (const id of await readdir(jobs).catch(() => [] as string[])) {
    if (!(await isOld(join(jobs, id)))) continue;
    if (id.startsWith('.')) await rm(join(jobs, id), { recursive: true, force: true }).catch(() => {});
    else await forgetTries(home, join(jobs, id), graceMs);
  }
  await sweepBlobs(join(home, 'blobs'), BLOB_DAYS);
}

async function forgetTries(home: string, parent: string, graceMs: number): Promise<void> {
  for (const name of await readdir(parent).catch(() => [] as string[])) {
    const folder = new JobFolder(join(parent, name));
    if (await isOld(folder.path)) await removeJob(home, folder, graceMs).catch(() => {});
  }
  await rmdir(parent).catch(() => {});
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > JOB_DAYS * DAYS_MS;
}
