import type { RackBoard } from '../rack-file.js';
import { type RecoveryReport, type RecoveryStep, recoverySteps } from './report.js';

/** What answers at the board's port, through the ROM's loader. */
export type Sight = 'board' | 'other-board' | 'nothing';

/** `back`: it answers. `other-board`: something else does, which no reset changes. `beyond-recovery`: a person has to look. */
export type RecoveryOutcome = 'back' | 'other-board' | 'beyond-recovery';

export type Decision =
  | { readonly do: 'try'; readonly step: RecoveryStep }
  | { readonly do: 'end'; readonly outcome: RecoveryOutcome };

/** The rungs that this board has, gentlest first. */
export function rungsOf({ power, link }: Pick<RackBoard, 'power' | 'link'>): RecoveryStep[] {
  const hook = power !== undefined && power.kind !== 'uhubctl';
  const port = power === undefined ? link === 'virtual' : !hook;
  return recoverySteps.filter((step) => {
    if (step === 'port-power') return port;
    return step === 'power-hook' ? hook : true;
  });
}

/** What to do next, from what was tried and what was seen after the last rung. */
export function decide(
  rungs: readonly RecoveryStep[],
  reports: readonly RecoveryReport[],
  sight: Sight,
): Decision {
  if (reports.length > 0 && sight === 'board') return { do: 'end', outcome: 'back' };
  if (sight === 'other-board') return { do: 'end', outcome: 'other-board' };
  const step = rungs[reports.length];
  return step === undefined ? { do: 'end', outcome: 'beyond-recovery' } : { do: 'try', step };
}
