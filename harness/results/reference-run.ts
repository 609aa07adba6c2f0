import { z } from 'zod';
import { referenceQualitySchema } from './reference-quality.js';

/** What the host's reference made of each prompt. `reference.json`; one entry a prompt, in the plan's order. */
export const referenceRunSchema = z.object({
  prompts: z.array(
    z.object({
      stop: z.string(),
      text: z.string(),
      tokensCrc: z.string(),
      logitsCrc: z.string(),
      steps: z.array(
        z.object({
          id: z.int(),
          /** Bits of the chosen token's float32 logit. Older run folders have none. */
          logitBits: z.string().optional(),
          /** Bits of the float32 log-probability. */
          logProbabilityBits: z.string(),
          logitsCrc: z.string(),
          top5: z.array(z.object({ id: z.int(), logit: z.number() })),
        }),
      ),
    }),
  ),
  /** Absent when the run did not ask for it, or its format is float32. */
  quality: referenceQualitySchema.optional(),
});

export type ReferenceRun = z.output<typeof referenceRunSchema>;
export type ReferencePrompt = ReferenceRun['prompts'][number];
export type ReferenceStep = ReferencePrompt['steps'][number];
