import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeaseState } from './lease.js';
import { type Machine, thisMachine } from './machine.js';
import { type Holder, leftUs, type Moment, settled } from './table.js';
import { readTable } from './table-file.js';

/** Every board of a home (state folder or machine folder) that was ever leased, by MAC. */
export async function listLeases(home: string, machine: Machine = thisMachine()): Promise<LeaseState[]> {
  const parent = join(home, 'boards');
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [] as string[];
    throw error;
  });
  const states = names.sort().map((name) => leaseStateOf(join(parent, name), machine));
  return states.filter((state) => state !== undefined);
}

/** Undefined when the board in that folder was never leased. */
export function leaseStateOf(folder: string, machine: Machine = thisMachine()): LeaseState | undefined {
  const read = readTable(folder, machine);
  if (read === undefined) return undefined;
  const { table: found, now } = read;
  const { mac, board, fence, queue } = settled(found, now);
  // Expired or dead, it is shown all the same; from before a reboot it is nothing.
  const holder = found.boot === now.boot ? found.holder : undefined;
  return {
    folder,
    mac,
    board,
    fence,
    ...(holder === undefined ? {} : { holder: describe(holder, now) }),
    queue: queue.map(({ owner, askedUs }) => ({ ...owner, waitedMs: (now.us - askedUs) / 1000 })),
  };
}

function describe(holder: Holder, now: Moment): NonNullable<LeaseState['holder']> {
  const { owner, acquiredUs, beatUs, ttlUs, process, revokedBy } = holder;
  const expectedLeftUs = leftUs(holder, now.us);
  return {
    ...owner,
    heldMs: (now.us - acquiredUs) / 1000,
    leftMs: (beatUs + ttlUs - now.us) / 1000,
    ...(expectedLeftUs === undefined ? {} : { expectedLeftMs: expectedLeftUs / 1000 }),
    ...(now.isGone(process) ? { gone: true } : {}),
    ...(revokedBy === undefined ? {} : { revokedBy }),
  };
}
