import type { Environment } from '../config/environment.js';
import { acquireLease } from '../lease/acquire.js';
import type { Lease, LeaseRequest } from '../lease/lease.js';
import { boardFolder } from './board-folder.js';
import type { RackBoard } from './rack-file.js';

/** Where boards' folders are. */
export type BoardHomes = Pick<Environment, 'stateFolder' | 'machineFolder'>;

/** What is asked of each board alike. */
export type LeaseTerms = Omit<LeaseRequest, 'folder' | 'board' | 'mac'>;

/** Takes one board's lease. @throws as `acquireLease` */
export function leaseBoard(board: RackBoard, homes: BoardHomes, terms: LeaseTerms): Promise<Lease> {
  return acquireLease({ ...terms, folder: boardFolder(board, homes), board: board.id, mac: board.mac });
}

/** Leases by MAC. Disposing of it gives them back. */
export interface HeldBoards extends AsyncDisposable {
  of(board: RackBoard): Lease;
}

/**
 * Takes the leases of several boards, in the order of their MACs, as everybody does: so nobody waits for somebody who waits for them.
 * @param held already, by the caller, who gives them back
 * @throws as `acquireLease`; then none is kept
 */
export async function leaseBoards(
  boards: readonly RackBoard[],
  homes: BoardHomes,
  terms: LeaseTerms,
  held: readonly Lease[] = [],
): Promise<HeldBoards> {
  const leases = new Map(held.map((lease) => [lease.mac, lease]));
  const taken: Lease[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(taken.map((lease) => lease.release()));
  };
  try {
    for (const board of [...boards].sort((a, b) => (a.mac < b.mac ? -1 : 1))) {
      if (leases.has(board.mac)) continue;
      const lease = await leaseBoard(board, homes, terms);
      taken.push(lease);
      leases.set(board.mac, lease);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { of: (board) => leases.get(board.mac)!, [Symbol.asyncDispose]: release };
}
