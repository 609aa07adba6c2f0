import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError, TokenrackError } from '../errors.js';
import { changeTable } from './change-table.js';
import { HeldLease } from './held-lease.js';
import type { Lease, LeaseRequest, Waiting } from './lease.js';
import { type Machine, thisMachine } from './machine.js';
import { makeSharedFolder, sweepLitter } from './shared-files.js';
import {
  enqueued,
  granted,
  type Holder,
  type LeaseTable,
  type Moment,
  renewed,
  type Ticket,
  waitingOf,
  withdrawn,
} from './table.js';
import { DEFAULT_TTL_MS } from './table-file.js';

/** How often one who waits looks, being next or not. */
const NEXT_POLL_MS = 100;
const POLL_MS = 400;
/** How often one who waits is told where it stands when nothing changes. */
const TELL_MS = 5_000;

/** What one look came to. */
type Look = { readonly holder: Holder } | { readonly waiting: Waiting };

/**
 * Takes a board's lease, after everybody who asked before.
 * @throws InfraError `lease-busy` after `timeoutMs`, naming the holder; TokenrackError `interrupted`
 */
export async function acquireLease(request: LeaseRequest, machine: Machine = thisMachine()): Promise<Lease> {
  const { folder, mac, board } = request;
  const named = { folder, mac, board };
  const ticket = new OwnTicket(request, machine);
  makeSharedFolder(folder);
  sweepLitter(folder);
  try {
    for (let told = { text: '', us: 0 }; ; ) {
      if (request.signal?.aborted === true) throw interrupted(board);
      const look = await changeTable(named, machine, (table, now) => ticket.step(table, now));
      if ('holder' in look) return new HeldLease(named, look.holder, machine);
      if (ticket.isTooLate()) throw busy(look.waiting, request);
      told = tell(look.waiting, told, request, machine);
      const pauseMs = Math.min(look.waiting.position === 1 ? NEXT_POLL_MS : POLL_MS, ticket.leftMs());
      await sleep(pauseMs, undefined, { ref: true, ...signalOf(request) }).catch(() => {});
    }
  } catch (error) {
    // Why there is no lease says more than a folder that fails now; a ticket that is left expires.
    await ticket.giveUp(named).catch(() => {});
    throw error;
  }
}

/** A place in the queue, kept by renewing it. */
class OwnTicket {
  private ticket: Ticket;
  private placed = false;
  private readonly startUs: number;

  constructor(
    private readonly request: LeaseRequest,
    private readonly machine: Machine,
  ) {
    const { what, ttlMs = DEFAULT_TTL_MS, expectedMs } = request;
    this.startUs = machine.nowUs();
    this.ticket = {
      id: randomUUID(),
      owner: { user: machine.user, pid: machine.self.pid, what },
      process: machine.self,
      askedUs: this.startUs,
      beatUs: this.startUs,
      ttlUs: ttlMs * 1000,
      ...(expectedMs === undefined ? {} : { expectedUs: expectedMs * 1000 }),
    };
  }

  /** Takes the board, or keeps the place. */
  step(table: LeaseTable, now: Moment): { table?: LeaseTable | undefined; result: Look } {
    const { id } = this.ticket;
    const isDue = !this.placed || now.us - this.ticket.beatUs > this.ticket.ttlUs / 3;
    const isThere = table.queue.some((one) => one.id === id);
    const placed = isThere ? table : enqueued(table, this.placeAgain(now));
    const next = granted(placed, id, now.us);
    if (next?.holder !== undefined) return { table: next, result: { holder: next.holder } };
    const waiting = waitingOf(placed, id, now.us);
    // Who does not wait leaves no ticket.
    if (this.leftMs() <= 0) return { result: { waiting } };
    this.placed = true;
    if (isThere && !isDue) return { result: { waiting } };
    this.ticket = { ...this.ticket, beatUs: now.us };
    return { table: renewed(placed, id, now.us), result: { waiting } };
  }

  /** A ticket that was dropped because it was not renewed goes to the end; one lost with a damaged file to its old place. */
  private placeAgain(now: Moment): Ticket {
    const wasDropped = now.us - this.ticket.beatUs > this.ticket.ttlUs;
    const askedUs = wasDropped ? now.us : this.ticket.askedUs;
    this.ticket = { ...this.ticket, askedUs, beatUs: now.us };
    return this.ticket;
  }

  leftMs(): number {
    const { timeoutMs = Number.POSITIVE_INFINITY } = this.request;
    return timeoutMs - (this.machine.nowUs() - this.startUs) / 1000;
  }

  isTooLate(): boolean {
    return this.leftMs() <= 0;
  }

  async giveUp(named: {
    readonly folder: string;
    readonly mac: string;
    readonly board: string;
  }): Promise<void> {
    if (!this.placed) return;
    await changeTable(named, this.machine, (table, { us }) => ({
      table: withdrawn(table, this.ticket.id, us),
      result: undefined,
    }));
  }
}

/** When position or holder changed, and every few seconds. */
function tell(
  waiting: Waiting,
  told: { readonly text: string; readonly us: number },
  { onWaiting }: LeaseRequest,
  machine: Machine,
): { text: string; us: number } {
  const text = JSON.stringify([waiting.position, waiting.holder]);
  const us = machine.nowUs();
  if (text === told.text && us - told.us < TELL_MS * 1000) return told;
  onWaiting?.(waiting);
  return { text, us };
}

function busy({ position, holder }: Waiting, { board, timeoutMs = 0 }: LeaseRequest): InfraError {
  const by =
    holder === undefined
      ? 'others are in line for it'
      : `${holder.user} (process ${holder.pid}) has it for ${holder.what}`;
  const line = position > 1 ? `, ${position - 1} in line before this` : '';
  const waited = timeoutMs > 0 ? ` after ${Math.round(timeoutMs / 100) / 10} s` : '';
  const message = `${board}: busy${waited}: ${by}${line}; see tokenrack lease list`;
  return new InfraError('lease-busy', message, { board, holder });
}

function interrupted(board: string): TokenrackError {
  return new TokenrackError('interrupted', 'inconclusive', `interrupted while waiting for ${board}`, {
    board,
  });
}

function signalOf({ signal }: LeaseRequest): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
