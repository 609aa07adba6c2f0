import { readEnvironment } from '../config/environment.js';
import type { Lease } from '../lease/lease.js';
import { leaseBoard } from '../rack/lease-boards.js';
import type { RackBoard } from '../rack/rack-file.js';
import { interruptSignal } from './exit.js';
import { WaitingLine } from './waiting-line.js';

export interface WaitFlags {
  /** Seconds to wait for a busy board; absent: until the user interrupts. */
  readonly wait?: number;
}

/** A board for one command. Disposing of it gives the board back. */
export interface CommandLease extends AsyncDisposable {
  readonly held: Lease;
  /** The user's interruption, or the loss of the lease. */
  readonly signal: AbortSignal;
}

/**
 * Leases a board for a command of the command line, and says on standard error whom it waits for. From here on, Ctrl-C aborts.
 * @param interrupted when the command has that already
 * @throws as `acquireLease`
 */
export async function leaseForCommand(
  board: RackBoard,
  what: string,
  { wait }: WaitFlags,
  interrupted: AbortSignal = interruptSignal(),
): Promise<CommandLease> {
  const line = new WaitingLine(process.stderr);
  const held = await leaseBoard(board, readEnvironment(), {
    what,
    onWaiting: (waiting) => line.show(waiting),
    signal: interrupted,
    ...(wait === undefined ? {} : { timeoutMs: wait * 1000 }),
  }).finally(() => line.end());
  const signal = AbortSignal.any([interrupted, held.signal]);
  return { held, signal, [Symbol.asyncDispose]: () => held.release() };
}
