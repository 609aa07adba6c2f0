import { readEnvironment } from '../config/environment.js';
import { boardFolder } from '../rack/board-folder.js';
import { readHealth } from '../rack/health-file.js';
import type { RackBoard } from '../rack/rack-file.js';

/** Where boards' folders are; the machine's default is the environment's. */
export interface Homes {
  readonly stateFolder: string;
  readonly machineFolder?: string;
}

/** What this machine keeps of a board (harness/rack/board-folder.ts). */
export function homeOf(
  board: RackBoard,
  { stateFolder, machineFolder = readEnvironment().machineFolder }: Homes,
): string {
  return boardFolder(board, { stateFolder, machineFolder });
}

/** Why a board is in quarantine, by its id. A board on probation is none of them: it may be tried. */
export async function restingBoards(
  boards: readonly RackBoard[],
  homes: Homes,
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  for (const board of boards) {
    const { state, quarantine } = await readHealth(homeOf(board, homes));
    if (state === 'quarantined') reasons.set(board.id, quarantine?.reason ?? 'for a reason that is lost');
  }
  return reasons;
}
