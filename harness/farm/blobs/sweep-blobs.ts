import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const DAY_MS = 86_400_000;

/**
 * Removes contents that nobody used for so many days, and what broken uploads left a day ago. Safe while others use the store:
 * what they asked for last is newer. Resolves with what was removed.
 */
export async function sweepBlobs(
  folder: string,
  unusedDays: number,
  nowMs = Date.now(),
): Promise<{ readonly files: number; readonly bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (const path of await filesBelow(folder)) {
    const days = path.endsWith('.part') || path.startsWith(join(folder, 'incoming')) ? 1 : unusedDays;
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined || nowMs - facts.mtimeMs < days * DAY_MS) continue;
    await rm(path, { force: true });
    files++;
    bytes += facts.size;
  }
  return { files, bytes };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [] as Dirent[]);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
