import { z } from 'zod';

/**
 * The rungs, gentlest first. `reset`: by the reset line into the app. `long-reset`: EN held low for a second. `reopen`: the port
 * closed and opened again, looked for where it is plugged in. `port-power`: the supply switched at its hub. `power-hook`: by
 * command or HTTP.
 */
export const recoverySteps = ['reset', 'long-reset', 'reopen', 'port-power', 'power-hook'] as const;

export type RecoveryStep = (typeof recoverySteps)[number];

export const recoveryReport = z.object({
  step: z.enum(recoverySteps),
  elapsedMs: z.number(),
  /** The board answered afterwards, with its own MAC. */
  fixed: z.boolean(),
  /** What the step, or the look at the board after it, failed with. */
  error: z.string().optional(),
});

/** What one rung came to. */
export type RecoveryReport = z.output<typeof recoveryReport>;
