import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../errors.js';
import type { Lease } from '../lease/lease.js';
import type { CardFault } from '../virtual/card-faults.js';
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from '../virtual/virtual-board.js';
import type { VirtualRackBoard } from './rack-file.js';
import { passFence } from './seen-fence.js';

export interface StartOptions {
  /** Where virtual boards keep flash, by MAC. */
  readonly stateFolder: string;
  /** The board's, held. */
  readonly lease: Lease;
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

/** Folders of boards that this process runs: a lease is a process's, and lets it run its board once. */
const running = new Set<string>();

/**
 * @throws InfraError `lease-lost` or `stale-fence` when the board is somebody else's by now, `port-in-use` when this process runs it
 * already; ConfigError for its cost table
 */
export async function startVirtualBoard(
  entry: VirtualRackBoard,
  { stateFolder, lease, cardRoot, cardFaults = [] }: StartOptions,
): Promise<StartedBoard> {
  const folder = join(stateFolder, 'boards', entry.mac.replaceAll(':', '-'));
  await lease.assertHeld();
  await mkdir(folder, { recursive: true });
  await passFence(folder, entry.id, lease);
  if (running.has(folder))
    throw new InfraError('port-in-use', `${entry.id}: this process runs it already`, { board: entry.id });
  running.add(folder);
  try {
    const own = cardRoot === ownCard;
    if (own) await mkdir(join(folder, 'card'), { recursive: true });
    const cardFolder = own ? join(folder, 'card') : cardRoot;
    const board = createBoard(entry, folder, {
      cardFaults,
      cardWritable: own,
      ...(cardFolder === undefined ? {} : { cardFolder }),
    });
    await board.ready();
    const end = async (): Promise<void> => {
      await board.close().finally(() => running.delete(folder));
    };
    return { board, folder, [Symbol.asyncDispose]: end };
  } catch (error) {
    running.delete(folder);
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
    paceScale: entry.pace_scale,
    flashFile: join(folder, 'flash.bin'),
    ...card,
    ...(entry.cost_table === undefined ? {} : { costTable: entry.cost_table }),
  });
}
