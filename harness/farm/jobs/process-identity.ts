import { z } from 'zod';
import { thisMachine } from '../../lease/machine.js';

/** A process that cannot be mistaken for a later one with its number. */
export const processSchema = z.object({
  pid: z.int().min(1),
  /** When it started, as the system counts; absent where the system does not say. */
  start: z.string().exactOptional(),
  /** Where its number means something. */
  space: z.string(),
  /** Of the machine, whose numbers and starts begin anew with each. */
  boot: z.string(),
});
export type ProcessIdentity = z.output<typeof processSchema>;

export function ownIdentity(): ProcessIdentity {
  const { self, boot } = thisMachine();
  return { ...self, boot };
}

/**
 * Whether that very process still runs: not a later one of the same number, not one of an earlier boot, not a zombie. One of another
 * container has ended with it: a state folder is one machine's.
 */
export function isAlive({ boot, ...mark }: ProcessIdentity): boolean {
  const machine = thisMachine();
  return boot === machine.boot && mark.space === machine.self.space && !machine.isGone(mark);
}
