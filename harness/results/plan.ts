import { z } from 'zod';
import { expectationSchema } from './expectation.js';
import { givenLabelsSchema } from './labels.js';

const modelSchema = z.object({
  name: z.string(),
  path: z.string(),
  /** SHA-256 over shape and float32 tensors, hex. Absent, like what follows, for the model inside a foreign firmware. */
  hash: z.string().optional(),
  parameters: z.int().optional(),
  /** Shape, as in LlamaConfig, for the report's tables. */
  config: z
    .object({
      hiddenSize: z.int(),
      ffnSize: z.int(),
      layers: z.int(),
      heads: z.int(),
      kvHeads: z.int(),
      headSize: z.int(),
      vocabSize: z.int(),
      contextLength: z.int(),
      tiedHead: z.boolean(),
    })
    .optional(),
});

/** What a virtual board's cost table lets through, for bounds on speed. */
const limitsSchema = z.object({
  cardMode: z.string(),
  bounceBuffer: z.boolean(),
  /** Bytes a microsecond (MB/s) of the card, read in sequence, and of the bus that PSRAM and flash share. */
  cardBandwidth: z.number(),
  busBandwidth: z.number(),
});
export type ModelledLimits = z.output<typeof limitsSchema>;

/** The resolved plan of a run: everything that was decided before hardware was touched. `plan.json`. */
export const planSchema = z.object({
  plan: z.literal(1),
  tokenrack: z.string(),
  scenario: z.object({ title: z.string(), file: z.string().optional() }),
  /** Absent in older runs. */
  labels: givenLabelsSchema.optional(),
  model: modelSchema,
  tokenizer: z.string(),
  format: z.string(),
  /** Absent in runs from before there were several, and for a foreign firmware. */
  strategy: z.string().optional(),
  build: z.object({ id: z.string(), folder: z.string(), kind: z.enum(['virtual', 'esp-idf']) }),
  card: z.object({ folder: z.string(), manifest: z.string(), bytes: z.int() }),
  /** How the card gets its content; absent: by UART, or plugged in where the board is virtual. */
  provision: z.enum(['uart', 'reader', 'none']).optional(),
  prompts: z.array(z.object({ text: z.string(), ids: z.array(z.int()) })),
  generate: z.object({
    tokens: z.int(),
    /** Thousandths, as the protocol has it; 0 is greedy. */
    temperature: z.int(),
    topK: z.int(),
    seed: z.int(),
    stopAtEnd: z.boolean(),
    logits: z.enum(['none', 'crc', 'top', 'full']),
  }),
  context: z.int(),
  knobs: z.record(z.string(), z.int()),
  warmups: z.int(),
  repeats: z.int(),
  /** Seed of the prompt order within each repeat. */
  orderSeed: z.int(),
  boards: z.array(
    z.object({
      id: z.string(),
      mac: z.string(),
      link: z.string(),
      clock: z.enum(['hardware', 'modelled']),
      limits: limitsSchema.optional(),
    }),
  ),
  expectations: z.array(expectationSchema),
  /**
   * Another project's firmware, which does not speak the bench protocol: the whole description by which it is driven and
   * its log is read (harness/foreign), so that a replay needs no file. Absent for our own.
   */
  foreign: z
    .object({ name: z.string(), file: z.string(), description: z.record(z.string(), z.unknown()) })
    .optional(),
});

export type Plan = z.output<typeof planSchema>;
export type PlannedPrompt = Plan['prompts'][number];
export type PlannedBoard = Plan['boards'][number];
