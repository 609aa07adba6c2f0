import { InfraError } from '../errors.js';
import { changeTable, type NamedFolder } from './change-table.js';
import type { Lease, LeaseRecord } from './lease.js';
import type { Machine } from './machine.js';
import { type Holder, type LeaseTable, renewed, settled, withdrawn } from './table.js';
import { readTable } from './table-file.js';

/** How often a holder looks whether its lease was revoked, at most. */
const LOOK_MS = 1000;

/** A lease with its heartbeat. */
export class HeldLease implements Lease {
  readonly record: LeaseRecord;
  private readonly lost = new AbortController();
  private readonly beat: NodeJS.Timeout;
  private readonly look: NodeJS.Timeout;
  private beatUs: number;
  private beating = false;
  private released = false;

  constructor(
    private readonly named: NamedFolder,
    private readonly holder: Holder,
    private readonly machine: Machine,
  ) {
    const { fence, owner, acquiredUs } = holder;
    this.record = { fence, owner, acquiredUs, boot: machine.boot };
    this.beatUs = holder.beatUs;
    const thirdMs = holder.ttlUs / 3000;
    this.beat = setInterval(() => void this.renew(), thirdMs).unref();
    this.look = setInterval(() => void this.lookAgain(), Math.min(LOOK_MS, thirdMs)).unref();
  }

  get mac(): string {
    return this.named.mac;
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }

  async assertHeld(): Promise<void> {
    if (this.released) this.lose('it was released');
    this.lookAgain();
    this.signal.throwIfAborted();
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.stop();
    await changeTable(this.named, this.machine, (table, { us }) => ({
      table: table.holder?.id === this.holder.id ? withdrawn(table, this.holder.id, us) : undefined,
      result: undefined,
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** The clock before the file: a process that was stopped for longer than the time to live has lost its lease, whatever the file says. */
  private lookAgain(): void {
    if (this.signal.aborted) return;
    const silentUs = this.machine.nowUs() - this.beatUs;
    if (silentUs > this.holder.ttlUs) {
      this.lose(`this process did not renew it for ${Math.round(silentUs / 1e6)} s`);
      return;
    }
    try {
      const found = readTable(this.named.folder, this.machine);
      this.judge(found === undefined ? undefined : settled(found.table, found.now));
    } catch {
      // A disk that does not answer says nothing about the lease: the clock does.
    }
  }

  private judge(table: LeaseTable | undefined): void {
    const { id } = this.holder;
    if (table?.holder?.id !== id) {
      const taken = table?.holder?.owner;
      this.lose(taken === undefined ? 'it was taken away' : `${taken.user} has it now for ${taken.what}`);
    } else if (table.holder.revokedBy !== undefined)
      this.lose(
        `${table.holder.revokedBy} took it back${isOwn(table.holder.revokedBy, this.holder) ? '' : ' by force'}`,
      );
  }

  /** Fails silently: what cannot be renewed expires, and is then seen by the clock. */
  private async renew(): Promise<void> {
    this.lookAgain();
    if (this.beating || this.released || this.signal.aborted) return;
    this.beating = true;
    try {
      const beatUs = await changeTable(this.named, this.machine, (table, { us }) => {
        const next = renewed(table, this.holder.id, us);
        return { table: next, result: next === undefined ? undefined : us };
      });
      if (beatUs === undefined) this.lookAgain();
      else this.beatUs = beatUs;
    } catch {
      // The next beat tries again.
    } finally {
      this.beating = false;
    }
  }

  /** A revoked lease stays until it is released or expires: the board may still be in use. */
  private lose(why: string): void {
    if (this.signal.aborted) return;
    this.stop();
    const { board } = this.named;
    const message = `${board}: the lease (fence ${this.record.fence}) is lost: ${why}; nothing further is done to the board`;
    this.lost.abort(new InfraError('lease-lost', message, { board, fence: this.record.fence }));
  }

  private stop(): void {
    clearInterval(this.beat);
    clearInterval(this.look);
  }
}

/** One's own lease is released without force. */
function isOwn(user: string, { owner }: Holder): boolean {
  return user === owner.user;
}
