import type { Flashable } from '../board/flash-job.js';
import type { Lease } from '../lease/lease.js';
import type { CheckFigures, CheckName, Finding } from './check-result.js';
import type { PoweredBoard } from './power-board.js';
import type { RackBoard } from './rack-file.js';
import type { Reach } from './recovery/reach.js';

export interface CheckOptions {
  readonly lease: Pick<Lease, 'assertHeld' | 'signal'>;
  /** Opens the board's port where it is now, or starts a virtual board. */
  readonly open: () => Promise<PoweredBoard>;
  /** To be flashed first; absent: nothing is. */
  readonly build?: Flashable;
  /** Whether its power may be taken away. */
  readonly power: boolean;
  /** What people call a board that is there instead. */
  readonly knownAs: (mac: string) => string | undefined;
  readonly signal?: AbortSignal;
}

/** What the later checks need of those before them. */
export interface CheckedBoard {
  readonly board: RackBoard;
  readonly reach: Reach;
  readonly options: CheckOptions;
  readonly signal: AbortSignal;
}

/** What one check came to. `stop`: nothing can be said of what comes after it. */
export interface Checked {
  readonly finding: Finding;
  readonly figures?: CheckFigures;
  readonly stop?: boolean;
}

export function failed(check: CheckName, text: string, next?: string): Checked {
  const finding = { check, state: 'fail', text, ...(next === undefined ? {} : { next }) } as const;
  return { finding, stop: true };
}
