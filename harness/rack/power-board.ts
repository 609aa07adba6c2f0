import { join } from 'node:path';
import { type OpenLink, openLink } from '../link/link.js';
import { plugIn, virtualPath } from '../link/virtual-ports.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { lockBoard } from './board-lock.js';
import type { RackBoard, VirtualRackBoard } from './rack-file.js';

/** The rate of the boot messages, before the app and the host agree on a faster one. */
const BOOT_BAUD = 115_200;

/** A board that has power and an open link. Closing it leaves everything as it was found. */
export interface PoweredBoard extends AsyncDisposable {
  readonly link: OpenLink;
}

export interface PowerOptions {
  /** Where virtual boards keep flash, by MAC. */
  readonly stateFolder: string;
  /** Folder that a virtual board has as its SD card; absent: no card. A real board's card is in its slot already. */
  readonly cardRoot?: string;
}

/**
 * Powers a virtual board, or opens a real one's port.
 * @throws InfraError `port-in-use` and the like: a board that cannot be reached is the lab's trouble, not the build's
 */
export async function powerBoard(board: RackBoard, options: PowerOptions): Promise<PoweredBoard> {
  if (board.link === 'virtual') return powerVirtual(board, options);
  const link = await openLink(board.port, { baudRate: BOOT_BAUD });
  return { link, [Symbol.asyncDispose]: () => link.close() };
}

async function powerVirtual(board: VirtualRackBoard, options: PowerOptions): Promise<PoweredBoard> {
  const folder = join(options.stateFolder, 'boards', board.mac.replaceAll(':', '-'));
  const release: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of release.splice(0).reverse()) await step();
  };
  try {
    const lock = await lockBoard(folder, board.id);
    release.push(() => lock.release());
    const virtual = createBoard(board, folder, options.cardRoot);
    release.push(() => virtual.close());
    release.push(plugIn(virtual));
    const link = await openLink(virtualPath(board.id), { baudRate: BOOT_BAUD });
    release.push(() => link.close());
    return { link, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createBoard(board: VirtualRackBoard, folder: string, cardRoot: string | undefined): VirtualBoard {
  return createVirtualBoard({
    name: board.id,
    mac: board.mac,
    revision: board.chip_revision,
    cardMode: board.card_mode,
    pace: board.pace,
    flashFile: join(folder, 'flash.bin'),
    ...(cardRoot === undefined ? {} : { cardFolder: cardRoot }),
    ...(board.cost_table === undefined ? {} : { costTable: board.cost_table }),
  });
}
