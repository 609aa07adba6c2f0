import { InfraError } from '../errors.js';
import { changeTable } from './change-table.js';
import type { LeaseOwner } from './lease.js';
import { leaseStateOf } from './list.js';
import { type Machine, thisMachine } from './machine.js';
import { revoked } from './table.js';

/** What came of a release. */
export type Released =
  /** The board is free, or its queue's: it was so already, or its holder had expired or died. */
  | { readonly state: 'free'; readonly holder?: LeaseOwner }
  /** Its holder lives and was told: it lets go within seconds, or the lease expires within `leftMs`. */
  | { readonly state: 'revoked'; readonly holder: LeaseOwner; readonly leftMs: number };

/**
 * Takes a board's lease from whoever has it: from one that expired or died, and from this user's own processes; from others with
 * `force` only. A holder that lives keeps the board until it has stopped, so that nobody else comes before that.
 * @throws InfraError `lease-held` naming the holder
 */
export async function releaseLease(
  folder: string,
  { force }: { readonly force: boolean },
  machine: Machine = thisMachine(),
): Promise<Released> {
  const before = leaseStateOf(folder, machine);
  if (before === undefined) return { state: 'free' };
  const { mac, board, holder: found } = before;
  return changeTable<Released>({ folder, mac, board }, machine, (table, { us }) => {
    const { holder } = table;
    if (holder === undefined)
      return {
        table,
        result: { state: 'free', ...(found === undefined ? {} : { holder: ownerOf(found) }) },
      };
    const { owner } = holder;
    if (!force && owner.user !== machine.user) throw held(board, owner);
    const leftMs = (holder.beatUs + holder.ttlUs - us) / 1000;
    return { table: revoked(table, machine.user), result: { state: 'revoked', holder: owner, leftMs } };
  });
}

function ownerOf({ user, pid, what }: LeaseOwner): LeaseOwner {
  return { user, pid, what };
}

function held(board: string, { user, pid, what }: LeaseOwner): InfraError {
  const message = `${board}: ${user} (process ${pid}) has it for ${what}; ask them, or say --force`;
  return new InfraError('lease-held', message, { board });
}
