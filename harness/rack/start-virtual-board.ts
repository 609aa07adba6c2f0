import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CardFault } from '../virtual/card-faults.js';
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from '../virtual/virtual-board.js';
import { lockBoard } from './board-lock.js';
import type { VirtualRackBoard } from './rack-file.js';

export interface StartOptions {
  /** Where virtual boards keep flash, by MAC. */
  readonly stateFolder: string;
  /** Folder that the board has as its SD card, locked; `own`: a card of its own, that it may write; absent: no card. */
  readonly cardRoot?: string;
  /** What cannot be read of the card. */
  readonly cardFaults?: readonly CardFault[];
}

/** As `cardRoot`: the card that stays in a virtual board's slot, beside its flash. */
export const ownCard = 'own';

/** A virtual board that this process has to itself. Disposing of it cuts its power; its flash stays. */
export interface StartedBoard extends AsyncDisposable {
  readonly board: VirtualBoard;
  /** Where it keeps what lasts. */
  readonly folder: string;
}

/** @throws InfraError `port-in-use` when another process runs the board; ConfigError for its cost table */
export async function startVirtualBoard(
  entry: VirtualRackBoard,
  { stateFolder, cardRoot, cardFaults = [] }: StartOptions,
): Promise<StartedBoard> {
  const folder = join(stateFolder, 'boards', entry.mac.replaceAll(':', '-'));
  const lock = await lockBoard(folder, entry.id);
  try {
    const own = cardRoot === ownCard;
    if (own) await mkdir(join(folder, 'card'), { recursive: true });
    const cardFolder = own ? join(folder, 'card') : cardRoot;
    const board = createBoard(entry, folder, {
      cardFaults,
      cardWritable: own,
      ...(cardFolder === undefined ? {} : { cardFolder }),
    });
    const end = async (): Promise<void> => {
      await board.close().finally(() => lock.release());
    };
    return { board, folder, [Symbol.asyncDispose]: end };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function createBoard(
  entry: VirtualRackBoard,
  folder: string,
  card: Pick<VirtualBoardOptions, 'cardFaults' | 'cardFolder' | 'cardWritable'>,
): VirtualBoard {
  return createVirtualBoard({
    name: entry.id,
    mac: entry.mac,
    revision: entry.chip_revision,
    cardMode: entry.card_mode,
    bounceBuffer: entry.bounce_buffer,
    fastSeek: entry.fast_seek,
    pace: entry.pace,
    flashFile: join(folder, 'flash.bin'),
    ...card,
    ...(entry.cost_table === undefined ? {} : { costTable: entry.cost_table }),
  });
}
