import { join } from 'node:path';
import type { Environment } from '../config/environment.js';
import { clockOf } from './rack-file.js';
import type { RackBoard } from './rack-schema.js';

/**
 * What this machine keeps of a board: its lease, its health, a virtual one's flash. A virtual board is this state folder's own;
 * a real one is the machine's, whoever works with it and from wherever.
 */
export function boardFolder(
  board: RackBoard,
  { stateFolder, machineFolder }: Pick<Environment, 'stateFolder' | 'machineFolder'>,
): string {
  const home = clockOf(board) === 'modelled' ? stateFolder : machineFolder;
  return join(home, 'boards', board.mac.replaceAll(':', '-'));
}
