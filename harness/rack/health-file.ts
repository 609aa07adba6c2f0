import { join } from 'node:path';
import { makeSharedFolder, replaceFile, textOf } from '../lease/shared-files.js';
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
  seenAtItsPort,
} from './health.js';
import type { RecoveryReport } from './recovery/report.js';

/** All of these take the board's own folder (board-folder.ts). Whoever writes holds the board's lease, or is a person. */

/** A file that is not there is a board that nothing is known of: good. So is one that cannot be read, with a note that says so. */
export async function readHealth(folder: string, now: Date = new Date()): Promise<Health> {
  const text = textOf(pathOf(folder));
  if (text === undefined) return freshHealth();
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

/** Ends the quarantine of a board that was only not at its port. */
export async function recordSeen(folder: string, now: Date = new Date()): Promise<Health> {
  const health = await readHealth(folder, now);
  if (health.quarantine?.misplaced !== true) return health;
  return change(folder, now, (known) => seenAtItsPort(known, now));
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
  makeSharedFolder(folder);
  replaceFile(pathOf(folder), `${JSON.stringify(health, undefined, 2)}\n`, { lasting: true });
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
