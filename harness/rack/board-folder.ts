import { join } from 'node:path';
import type { Environment } from '../config/environment.js';
import type { RackBoard } from './rack-schema.js';

/**
 * What this machine keeps of a board: its lease, its health, a virtual one's flash. A virtual board is this state folder's own;
 * a real one is the machine's, whoever works with it and from wherever. So is one behind a serial server, virtual or not: who serves it holds
 * the board itself, who works with it holds the way there.
 */
export function boardFolder(
  board: RackBoard,
  { stateFolder, machineFolder }: Pick<Environment, 'stateFolder' | 'machineFolder'>,
): string {
  const home = board.link === 'virtual' ? stateFolder : machineFolder;
  return join(home, 'boards', board.mac.replaceAll(':', '-'));
}
