import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Machine } from './machine.js';
import { replaceFile, textOf } from './shared-files.js';
import { type Holder, type LeaseTable, type Moment, momentOf } from './table.js';

/** Of a lease that asks for nothing else. */
export const DEFAULT_TTL_MS = 30_000;

const owner = z.object({ user: z.string(), pid: z.int(), what: z.string() });
const ticket = z.object({
  id: z.string(),
  owner,
  process: z.object({ pid: z.int(), start: z.string().exactOptional(), space: z.string() }),
  askedUs: z.number(),
  beatUs: z.number(),
  ttlUs: z.number(),
  expectedUs: z.number().optional(),
});
const holder = ticket.extend({
  fence: z.int(),
  acquiredUs: z.number(),
  revokedBy: z.string().optional(),
});
const tableSchema = z.object({
  mac: z.string(),
  board: z.string(),
  fence: z.int().nonnegative(),
  boot: z.string(),
  holder: holder.optional(),
  queue: z.array(ticket),
  released: z.object({ fence: z.int(), atUs: z.number() }).optional(),
});
/** The last grant, kept a second time and to last: written before the board is anybody's. */
const grantSchema = z.object({ fence: z.int().nonnegative(), boot: z.string(), holder });

type Read<T> = { readonly state: 'missing' | 'damaged' } | { readonly state: 'read'; readonly value: T };

export interface ReadTable {
  readonly table: LeaseTable;
  /** After it was read: nothing in it is yet to come. */
  readonly now: Moment;
  /** `lease.json` was of no use; to be written again. */
  readonly mended: boolean;
}

/**
 * The table as the folder has it. When `lease.json` is damaged, the holder of the last grant (`fence.json`) is taken to have the
 * board for one more time to live: if it lives it renews the lease, and whoever waited comes back with its old ticket. When
 * both are damaged, the board is nobody's after the default time to live, and the fence goes on from the milliseconds since
 * 1970, which no count of leases ever reached. So damage neither locks a board for ever nor repeats a fence.
 * @returns undefined for a folder without leases
 */
export function readTable(
  folder: string,
  machine: Machine,
  board: { readonly mac: string; readonly board: string } = namedBy(folder),
): ReadTable | undefined {
  const table = readAs(join(folder, 'lease.json'), tableSchema);
  const grant = readAs(join(folder, 'fence.json'), grantSchema);
  const now = momentOf(machine);
  if (table.state === 'read') {
    const fence = Math.max(table.value.fence, grant.state === 'read' ? grant.value.fence : 0);
    return { table: { ...table.value, fence }, now, mended: false };
  }
  if (grant.state === 'read') {
    const { fence, boot, holder } = grant.value;
    const kept = { ...holder, beatUs: now.us };
    return { table: { ...board, fence, boot, holder: kept, queue: [] }, now, mended: true };
  }
  if (table.state === 'missing' && grant.state === 'missing') return undefined;
  const fence = Date.now();
  const holder = unknownHolder(fence, now);
  return { table: { ...board, fence, boot: now.boot, holder, queue: [] }, now, mended: true };
}

/** A new grant reaches the disk before anybody acts on it. */
export function writeTable(folder: string, table: LeaseTable, before: LeaseTable | undefined): void {
  const { fence, boot, holder } = table;
  if (holder !== undefined && fence !== before?.fence)
    replaceFile(join(folder, 'fence.json'), toJson({ fence, boot, holder }), { lasting: true });
  replaceFile(join(folder, 'lease.json'), toJson(table), { lasting: false });
}

function readAs<T extends z.ZodType>(path: string, schema: T): Read<z.output<T>> {
  const text = textOf(path);
  if (text === undefined) return { state: 'missing' };
  try {
    return { state: 'read', value: schema.parse(JSON.parse(text)) };
  } catch {
    return { state: 'damaged' };
  }
}

function unknownHolder(fence: number, now: Moment): Holder {
  const times = { askedUs: now.us, acquiredUs: now.us, beatUs: now.us, ttlUs: DEFAULT_TTL_MS * 1000 };
  const owner = { user: 'unknown', pid: 0, what: 'unknown: lease.json was damaged' };
  return { id: 'unknown', owner, process: { pid: 0, space: '' }, fence, ...times };
}

/** A board folder is named by the MAC. */
function namedBy(folder: string): { readonly mac: string; readonly board: string } {
  const mac = basename(folder).replaceAll('-', ':');
  return { mac, board: mac };
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
