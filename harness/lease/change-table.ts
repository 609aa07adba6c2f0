import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError } from '../errors.js';
import type { Machine } from './machine.js';
import { Mutex } from './mutex.js';
import { makeSharedFolder } from './shared-files.js';
import { type LeaseTable, type Moment, momentOf, settled } from './table.js';
import { readTable, writeTable } from './table-file.js';

/** The board that a new table is about. */
export interface NamedFolder {
  readonly folder: string;
  readonly mac: string;
  readonly board: string;
}

/** A step from one table to the next; `table` absent: nothing changes. */
export type Change<T> = (
  table: LeaseTable,
  now: Moment,
) => { readonly table?: LeaseTable | undefined; readonly result: T };

/** A lock that is left behind is broken in 10 s; longer than this somebody keeps taking it. */
const PATIENCE_US = 60_000_000;

/** Changes a board's table while nobody else does. @throws InfraError `lease-stuck` */
export async function changeTable<T>(named: NamedFolder, machine: Machine, change: Change<T>): Promise<T> {
  makeSharedFolder(named.folder);
  for (const startUs = machine.nowUs(); machine.nowUs() - startUs < PATIENCE_US; ) {
    const changed = tryChange(named, machine, change);
    if (changed !== undefined) return changed.result;
    await sleep(2 + Math.random() * 10);
  }
  const message = `${named.board}: ${named.folder} stays locked; remove ${join(named.folder, 'lease.lock')} when no tokenrack runs`;
  throw new InfraError('lease-stuck', message, { board: named.board });
}

/** In one go: the lock is never held while this process does something else. Undefined: somebody else has it. */
function tryChange<T>(
  named: NamedFolder,
  machine: Machine,
  change: Change<T>,
): { readonly result: T } | undefined {
  const mutex = Mutex.take(join(named.folder, 'lease.lock'), machine);
  if (mutex === undefined) return undefined;
  try {
    const found = readTable(named.folder, machine);
    const now = found?.now ?? momentOf(machine);
    const table = settled(found?.table ?? { ...named, fence: 0, boot: now.boot, queue: [] }, now);
    const { table: next = found?.mended === true ? table : undefined, result } = change(table, now);
    if (next === undefined) return { result };
    if (!mutex.seal()) return undefined;
    const { mac, board } = named;
    writeTable(named.folder, { ...next, mac, board }, found?.table);
    return { result };
  } finally {
    mutex.release();
  }
}
