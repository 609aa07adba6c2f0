import { recordRecovery } from '../health-file.js';
import type { RackBoard } from '../rack-file.js';
import { type ClimbOptions, climb, type Recovery } from './climb.js';

/** Climbs the ladder and keeps in the board's `health.json` what was tried. @throws as `climb` */
export async function recover(board: RackBoard, folder: string, options: ClimbOptions): Promise<Recovery> {
  const recovery = await climb(board, options);
  if (recovery.steps.length > 0) await recordRecovery(folder, recovery.steps);
  return recovery;
}

/**
 * Failures that say nothing of the board: of who may use it, of the machine, of the build that was flashed and verified, of what is
 * on the card. No reset would change them, and none of them counts against it.
 */
const NOT_THE_BOARDS = new Set([
  'port-in-use',
  'port-no-permission',
  'lease-lost',
  'lease-busy',
  'stale-fence',
  'machine-trouble',
  'disk-full',
  'image-fault',
  'wrong-revision',
  'wrong-card',
]);

/** Whether a failure with this code is the board's, its cables' or its card's. */
export function isBoardsOwn(code: string): boolean {
  return !NOT_THE_BOARDS.has(code);
}
