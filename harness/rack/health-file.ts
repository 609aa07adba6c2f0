import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  afterOutcome,
  type BoardOutcome,
  freshHealth,
  type Health,
  type HistoryEntry,
  healthAt,
  healthSchema,
  quarantined,
  released,
  remembering,
} from './health.js';
import type { RecoveryReport } from './recovery/report.js';

/** All of these take the board's own folder (board-folder.ts). Whoever writes holds the board's lease, or is a person. */

/** A file that is not there is a board that nothing is known of: good. So is one that cannot be read, with a note that says so. */
export async function readHealth(folder: string, now: Date = new Date()): Promise<Health> {
  let text: string;
  try {
    text = await readFile(pathOf(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return freshHealth();
    throw error;
  }
  return healthAt(parse(text, pathOf(folder)), now);
}

export function recordOutcome(
  folder: string,
  outcome: BoardOutcome,
  now: Date = new Date(),
): Promise<Health> {
  return change(folder, now, (health) => afterOutcome(health, outcome, now));
}

export function quarantine(folder: string, reason: string, now: Date = new Date()): Promise<Health> {
  return change(folder, now, (health) => quarantined(health, reason, now));
}

export function release(folder: string, now: Date = new Date()): Promise<Health> {
  return change(folder, now, (health) => released(health, now));
}

export function recordRecovery(
  folder: string,
  steps: readonly RecoveryReport[],
  now: Date = new Date(),
): Promise<Health> {
  const entry: HistoryEntry = { what: 'recovery', at: now.toISOString(), steps: [...steps] };
  return change(folder, now, (health) => remembering(health, entry));
}

/** Keeps what is in the board's flash from now on; undefined: that is not known, as while it is being written. */
export function recordBuild(
  folder: string,
  build: string | undefined,
  now: Date = new Date(),
): Promise<Health> {
  return change(folder, now, ({ build: _, ...health }) => ({
    ...health,
    ...(build === undefined ? {} : { build }),
  }));
}

async function change(folder: string, now: Date, how: (health: Health) => Health): Promise<Health> {
  const health = how(await readHealth(folder, now));
  const draft = `${pathOf(folder)}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(draft, `${JSON.stringify(health, undefined, 2)}\n`, { flush: true });
    await rename(draft, pathOf(folder));
  } finally {
    await rm(draft, { force: true });
  }
  return health;
}

function parse(text: string, path: string): Health {
  try {
    return healthSchema.parse(JSON.parse(text));
  } catch {
    return freshHealth(`${path} cannot be read; the board counts as good`);
  }
}

function pathOf(folder: string): string {
  return join(folder, 'health.json');
}
