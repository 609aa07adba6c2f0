import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A run folder is a draft for milliseconds, one that is fetched for seconds: by then its writer is dead. */
const ABANDONED_MS = 60_000;

/**
 * Removes the run folders that an earlier controller was making or fetching when it was killed (`.NAME.UUID.part`): their jobs are fetched again.
 * @param runs the night's; need not be there
 */
export async function sweepDrafts(runs: string, nowMs = Date.now()): Promise<void> {
  const names = await readdir(runs).catch(() => [] as string[]);
  for (const name of names.filter((one) => one.startsWith('.') && one.endsWith('.part'))) {
    const path = join(runs, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && nowMs - found.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}
