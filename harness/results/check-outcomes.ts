import { z } from 'zod';

/** What each custom assertion came to when the scenario ran: a fact of the run, not derived again. `checks.json`. */
export const checkOutcomesSchema = z.array(
  z.object({ title: z.string(), sha256: z.string(), passed: z.boolean(), message: z.string().optional() }),
);

export type CheckOutcomes = z.output<typeof checkOutcomesSchema>;
