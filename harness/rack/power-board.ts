import type { Lease } from '../lease/lease.js';
import { type OpenLink, openLink } from '../link/link.js';
import { plugIn, virtualPath } from '../link/virtual-ports.js';
import type { Supply } from './power/power-switch.js';
import type { RackBoard, VirtualRackBoard } from './rack-file.js';
import { resolvePort } from './resolve-port.js';
import { portOf } from './scan-candidates.js';
import { startVirtualBoard } from './start-virtual-board.js';

/** The rate of the boot messages, before the app and the host agree on a faster one. */
const BOOT_BAUD = 115_200;

/** A board that has power and an open link. Closing it leaves everything as it was found. */
export interface PoweredBoard extends AsyncDisposable {
  readonly link: OpenLink;
  /** Why a virtual board died by itself, when it did: the cause behind whatever its link says. */
  failure(): Error | undefined;
  /** A virtual board's. */
  readonly supply?: Supply;
}

export interface PowerOptions {
  /** Where virtual boards keep flash, by MAC. */
  readonly stateFolder: string;
  /** The board's, held: there is no other way to a board. */
  readonly lease: Lease;
  /** Folder that a virtual board has as its SD card, or `ownCard`; absent: no card. A real board's card is in its slot already. */
  readonly cardRoot?: string;
}

/**
 * Powers a virtual board, or opens a real one's port.
 * @throws InfraError `lease-lost`, `port-in-use` and the like: a board that cannot be reached is the lab's trouble, not the build's
 */
export async function powerBoard(board: RackBoard, options: PowerOptions): Promise<PoweredBoard> {
  await options.lease.assertHeld();
  if (board.link === 'virtual') return powerVirtual(board, options);
  const link =
    board.link === 'usb'
      ? await openLink(await resolvePort(board), { baudRate: BOOT_BAUD })
      : await openLink(portOf(board)[0]!, { baudRate: BOOT_BAUD, clock: board.clock });
  return { link, failure: () => undefined, [Symbol.asyncDispose]: () => link.close() };
}

async function powerVirtual(board: VirtualRackBoard, options: PowerOptions): Promise<PoweredBoard> {
  const started = await startVirtualBoard(board, options);
  const unplug = plugIn(started.board);
  let failure: Error | undefined;
  started.board.onGone((error) => {
    failure = error;
  });
  const off = async (): Promise<void> => {
    unplug();
    await started[Symbol.asyncDispose]();
  };
  try {
    const link = await openLink(virtualPath(board.id), { baudRate: BOOT_BAUD });
    const close = async (): Promise<void> => {
      try {
        await link.close();
      } finally {
        await off();
      }
    };
    return { link, failure: () => failure, supply: started.board, [Symbol.asyncDispose]: close };
  } catch (error) {
    await off();
    throw error;
  }
}
