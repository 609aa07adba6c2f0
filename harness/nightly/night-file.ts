import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError, TokenrackError, unwritable } from '../errors.js';
import { jobSchema } from '../farm/jobs/job.js';
import { acquireLease } from '../lease/acquire.js';
import type { Lease, LeaseOwner } from '../lease/lease.js';
import { givenLabelsSchema } from '../results/labels.js';
import { readRunFile, writeAtomically } from '../results/run-folder.js';
import { tokenrackVersion } from '../version.js';

/** What was asked for when the night began; `--resume` goes on with it. */
const nightOptionsSchema = z.strictObject({
  /** Scenario files, absolute; none: the working folder's, else the packaged ones. */
  files: z.array(z.string()),
  /** Rack file, absolute; absent: as `findRack`. */
  rack: z.string().optional(),
  /** Ids; none: all. */
  boards: z.array(z.string()),
  once: z.boolean(),
  /** Absent: over this machine and the rack's hosts. Never has a password in it. */
  queue: z.string().optional(),
  retries: z.int().min(0),
  labels: givenLabelsSchema,
});
export type NightOptions = z.output<typeof nightOptionsSchema>;

/** `night.json`: what was decided before any board was touched. */
export const nightSchema = z.strictObject({
  night: z.literal(1),
  id: z.string(),
  tokenrack: z.string(),
  startedAt: z.iso.datetime(),
  options: nightOptionsSchema,
  scenarios: z.array(z.strictObject({ title: z.string(), file: z.string() })),
  /** As planned with; `place` is `local`, a host's id or a worker's name. */
  boards: z.array(z.strictObject({ id: z.string(), mac: z.string(), place: z.string() })),
  jobs: z.array(jobSchema),
  /** Scenarios that no board fits, and why. */
  unplaced: z.array(z.strictObject({ title: z.string(), why: z.string() })),
});
export type Night = z.output<typeof nightSchema>;

/** A new name for a night, and for the beginnings of all its jobs' ids: no other machine makes the same. */
export function nightName(now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');
  return `nightly-${stamp}-${randomBytes(2).toString('hex')}`;
}

/** @throws ConfigError `runs-unwritable`, InfraError `disk-full` */
export async function makeNight(runsFolder: string, night: Night): Promise<string> {
  const folder = resolve(runsFolder, night.id);
  await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    const message = `cannot make the folder ${runsFolder}: ${cause.code}`;
    throw unwritable('runs-unwritable', message, { cause });
  });
  await writeAtomically(join(folder, 'night.json'), `${JSON.stringify(nightSchema.parse(night), null, 1)}\n`);
  return folder;
}

/** @throws ConfigError `no-night`; `other-version` for a night of another version, whose jobs this one does not run */
export async function readNight(folder: string): Promise<Night> {
  const path = join(folder, 'night.json');
  if (!existsSync(path)) {
    const message = `${folder} is no night's folder: it has no night.json, so nothing was started there`;
    throw new ConfigError('no-night', message, { path });
  }
  const night = await readRunFile(path, nightSchema);
  if (night.tokenrack === tokenrackVersion) return night;
  const message = `${folder} is a night of tokenrack ${night.tokenrack}, and this is ${tokenrackVersion}: resume it with that version`;
  throw new ConfigError('other-version', message, { path });
}

/**
 * Takes the night's folder for this controller, by a lease as a board has it: one that was killed is overtaken at once.
 * @throws ConfigError `night-runs` naming who has it
 */
export async function holdNight(folder: string, id: string): Promise<Lease> {
  try {
    return await acquireLease({ folder, board: id, mac: id, what: 'tokenrack nightly', timeoutMs: 0 });
  } catch (error) {
    if (!(error instanceof TokenrackError) || error.code !== 'lease-busy') throw error;
    const { user, pid } = (error.details.holder ?? {}) as Partial<LeaseOwner>;
    const by = pid === undefined ? '' : ` by ${user} (process ${pid})`;
    const message = `the night ${id} is being run already${by}`;
    throw new ConfigError('night-runs', message, { cause: error });
  }
}
