import type { LeaseOwner, Waiting } from './lease.js';
import type { Machine, ProcessMark } from './machine.js';

/** Somebody who wants a board, or has it. Times are microseconds by the machine's clock. */
export interface Ticket {
  readonly id: string;
  readonly owner: LeaseOwner;
  readonly process: ProcessMark;
  readonly askedUs: number;
  /** When it was last renewed. */
  readonly beatUs: number;
  readonly ttlUs: number;
  readonly expectedUs?: number | undefined;
}

export interface Holder extends Ticket {
  readonly fence: number;
  readonly acquiredUs: number;
  /** Somebody wants it back by force: it is not renewed any more, and free when its holder lets go or expires. */
  readonly revokedBy?: string | undefined;
}

/** What `lease.json` says of one board. */
export interface LeaseTable {
  readonly mac: string;
  readonly board: string;
  /** Of the last lease. */
  readonly fence: number;
  /** The boot that the times belong to. */
  readonly boot: string;
  readonly holder?: Holder | undefined;
  /** First come first. */
  readonly queue: readonly Ticket[];
  /** When the last lease that was given back was. */
  readonly released?: { readonly fence: number; readonly atUs: number } | undefined;
}

/** When and where it is looked at. */
export type Moment = Pick<Machine, 'boot' | 'isGone'> & { readonly us: number };

export function momentOf(machine: Machine): Moment {
  return { boot: machine.boot, isGone: (mark) => machine.isGone(mark), us: machine.nowUs() };
}

/** Without whatever ended by itself: expired, died, or from before a reboot. */
export function settled(table: LeaseTable, now: Moment): LeaseTable {
  const { holder, released, ...rest } = table;
  if (rest.boot !== now.boot || isAhead(table, now)) return { ...rest, boot: now.boot, queue: [] };
  return {
    ...rest,
    queue: rest.queue.filter((ticket) => !isOver(ticket, now)),
    ...(holder === undefined || isOver(holder, now) ? {} : { holder }),
    ...(released === undefined ? {} : { released }),
  };
}

export function isOver(ticket: Ticket, now: Moment): boolean {
  return now.us - ticket.beatUs > ticket.ttlUs || now.isGone(ticket.process);
}

/** Clocks of two processors may differ by some microseconds; not by this. */
const AHEAD_US = 1_000_000;

/** Times that are yet to come are of an earlier boot, where boots have no names. */
function isAhead({ holder, queue }: LeaseTable, now: Moment): boolean {
  return [...(holder === undefined ? [] : [holder]), ...queue].some(
    ({ beatUs }) => beatUs > now.us + AHEAD_US,
  );
}

/** At the end of the queue; one that was in it already, and lost its place by no fault of its own, where it was. */
export function enqueued(table: LeaseTable, ticket: Ticket): LeaseTable {
  const before = table.queue.filter((other) => other.id !== ticket.id && other.askedUs <= ticket.askedUs);
  const behind = table.queue.filter((other) => other.id !== ticket.id && other.askedUs > ticket.askedUs);
  return { ...table, queue: [...before, ticket, ...behind] };
}

/** Gives the board to the ticket when it is its turn; undefined when it is not. */
export function granted(table: LeaseTable, id: string, nowUs: number): LeaseTable | undefined {
  const [first, ...queue] = table.queue;
  if (table.holder !== undefined || first?.id !== id) return undefined;
  const fence = table.fence + 1;
  return { ...table, fence, queue, holder: { ...first, beatUs: nowUs, acquiredUs: nowUs, fence } };
}

/** Renews what the ticket has, place or board; undefined when it has neither (any more), or shall not keep it. */
export function renewed(table: LeaseTable, id: string, nowUs: number): LeaseTable | undefined {
  const { holder, queue } = table;
  if (holder?.id === id)
    return holder.revokedBy === undefined ? { ...table, holder: { ...holder, beatUs: nowUs } } : undefined;
  if (!queue.some((ticket) => ticket.id === id)) return undefined;
  return {
    ...table,
    queue: queue.map((ticket) => (ticket.id === id ? { ...ticket, beatUs: nowUs } : ticket)),
  };
}

/** Gives up what the ticket has. */
export function withdrawn(table: LeaseTable, id: string, nowUs: number): LeaseTable {
  const { holder, ...rest } = table;
  const queue = rest.queue.filter((ticket) => ticket.id !== id);
  if (holder?.id === id) return { ...rest, queue, released: { fence: holder.fence, atUs: nowUs } };
  return { ...rest, queue, ...(holder === undefined ? {} : { holder }) };
}

/** The holder is to let go. */
export function revoked(table: LeaseTable, by: string): LeaseTable {
  return table.holder === undefined ? table : { ...table, holder: { ...table.holder, revokedBy: by } };
}

/** @param id of a ticket in the queue, or of one that would be its last */
export function waitingOf(table: LeaseTable, id: string, nowUs: number): Waiting {
  const { board, holder, queue } = table;
  const index = queue.findIndex((ticket) => ticket.id === id);
  const before = queue.slice(0, index < 0 ? queue.length : index);
  const spans = [
    ...(holder === undefined ? [] : [leftUs(holder, nowUs)]),
    ...before.map((one) => one.expectedUs),
  ];
  const known = spans.filter((span) => span !== undefined);
  const estimateMs = known.reduce((sum, span) => sum + span, 0) / 1000;
  return {
    board,
    position: before.length + 1,
    holder: holder?.owner,
    ...(known.length === spans.length ? { estimateMs } : {}),
  };
}

/** Until its holder expects to be done; one that is late is expected at any moment. */
export function leftUs({ acquiredUs, expectedUs }: Holder, nowUs: number): number | undefined {
  return expectedUs === undefined ? undefined : Math.max(0, acquiredUs + expectedUs - nowUs);
}
