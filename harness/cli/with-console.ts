import { BoardConsole } from '../board/console.js';
import { flashBuild } from '../board/flash.js';
import { hostTimers } from '../board/timers.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import { InfraError } from '../errors.js';
import { tellsWireTime } from '../link/link.js';
import { findRack } from '../rack/find-rack.js';
import { powerBoard } from '../rack/power-board.js';
import { type RackBoard, selectBoards } from '../rack/rack-file.js';
import { ownCard } from '../rack/start-virtual-board.js';
import { leaseForCommand, type WaitFlags } from './lease-for-command.js';

export interface BoundConsole {
  readonly console: BoardConsole;
  readonly board: string;
  /** What the board said at its start. */
  readonly build: string;
  /** Rates taken on this link are the wire's. */
  readonly tellsWireTime: boolean;
  /** The user's interruption, or the loss of the lease. */
  readonly signal: AbortSignal;
}

export interface ConsoleFlags extends WaitFlags {
  readonly board: string;
  readonly rack?: string;
}

/**
 * Leases and powers one board, restarts it, makes sure that it is the one, and hands over its console with a session. A virtual board, which may be new, gets the firmware that is
 * built for it first; a real one must run the bench firmware.
 */
export async function withConsole(
  what: string,
  flags: ConsoleFlags,
  act: (bound: BoundConsole) => Promise<void>,
): Promise<void> {
  const [board] = selectBoards(await findRack(flags.rack), [flags.board]);
  if (board === undefined) return;
  await using lease = await leaseForCommand(board, what, flags);
  const { signal } = lease;
  const options = { stateFolder: readEnvironment().stateFolder, lease: lease.held, cardRoot: ownCard };
  await using powered = await powerBoard(board, options);
  const { link } = powered;
  if (board.link === 'virtual')
    await flashBuild(link.stream, await buildVirtualFirmware(), { expectedMac: board.mac, signal });
  const timers = { ...hostTimers, nowUs: () => link.arrivalUs() };
  await using console = new BoardConsole(link.stream, { board: board.id, timers });
  const { build } = await console.restart({ signal });
  await checkMac(console, board, signal);
  await act({ console, board: board.id, build, tellsWireTime: tellsWireTime(link), signal });
}

/** Nothing is done to a board that is not the one the rack speaks of. */
async function checkMac(console: BoardConsole, board: RackBoard, signal: AbortSignal): Promise<void> {
  await console.hello({ signal });
  const { info } = await console.info({ signal });
  if (info.mac === board.mac) return;
  const message = `${board.id}: the chip's MAC is ${info.mac}, the rack says ${board.mac}; nothing was done to it`;
  throw new InfraError('wrong-board', message, { board: board.id });
}
