import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { MATRIX_NAMES } from '../model/packed-model.js';
import { WEIGHT_FORMATS } from '../model/weight-format.js';
import { expectationSchema } from '../results/expectation.js';
import { knobSchemas, STRATEGIES } from './knobs.js';

const generateSchema = z.strictObject({
  /** New tokens per prompt. */
  tokens: z.int().min(1).default(32),
  /** 0 is greedy; in steps of 0.001. */
  temperature: z.number().min(0).max(10).default(0),
  /** 0: all tokens; otherwise sampling is among the k most likely. */
  topK: z.int().min(0).max(64).default(0),
  seed: z.int().min(0).max(0xffffffff).default(0),
  /** The end token ends a generation. */
  stopAtEnd: z.boolean().default(true),
  logits: z.enum(['none', 'crc', 'top', 'full']).default('crc'),
});

/** What a scenario says; everything not said has its default here, and only here. */
export const scenarioSpecSchema = z.strictObject({
  /** Model folder or file; relative to the working folder, else to the package. `seeded:SHAPE/SEED`: random weights, made on the spot. */
  model: z.string().default('fixtures/models/little-stories'),
  /** Tokenizer file; found in or beside the model by default. */
  tokenizer: z.string().optional(),
  /**
   * How the matrices are stored on the card (firmware/FORMATS.md); by default float32, and what they are for a model that is a card
   * folder, or a quantized folder that a card holds whole. A matrix that lies in this format already keeps its codes.
   */
  format: z.enum(WEIGHT_FORMATS).optional(),
  /** Matrices in a format of their own, such as `{ lm_head: 'int4' }`. */
  tensors: z.partialRecord(z.enum(MATRIX_NAMES), z.enum(WEIGHT_FORMATS)).default({}),
  /** How the firmware runs the model: `seed` streams as the seeds do, `fast` gives the same tokens as fast as the board allows. */
  strategy: z.enum(STRATEGIES).default('seed'),
  /** ESP-IDF build folder; by default the firmware built for the virtual board. */
  build: z.string().optional(),
  /**
   * Description of another project's firmware (fixtures/foreign/*.yaml), which `build` then names: it is driven and read by
   * that, and expectations on what its log does not say are inconclusive. By default the build speaks the bench protocol.
   */
  firmware: z.string().optional(),
  /** A card folder that is used as it is, instead of an export of the model. */
  card: z.string().optional(),
  /** How the model gets onto the card: over UART, as by a card reader (virtual boards), or it is there already. */
  provision: z.enum(['uart', 'reader', 'none']).optional(),
  /** Prompts themselves, or a file of prompts (fixtures/prompts). */
  prompts: z.union([z.string(), z.array(z.string()).min(1)]).default('fixtures/prompts/seed-000.yaml'),
  generate: generateSchema.prefault({}),
  /**
   * Compares the model in its format with float32 on the host, over the prompts and what the reference makes of them. Nothing for
   * float32 itself, nor with a foreign firmware, which has no reference.
   */
  quality: z.boolean().default(false),
  repeats: z.int().min(1).default(3),
  /** Generations before the first measured one, per board; discarded. */
  warmups: z.int().min(0).default(1),
  /** Positions of the KV cache; the smaller of 512 and the model's own by default. */
  context: z.int().min(2).optional(),
  /** Firmware knobs (firmware/PROTOCOL.md), set before the model is loaded. */
  knobs: z.strictObject(knobSchemas).prefault({}),
  /** Which boards: labels they must have, and how many. */
  boards: z
    .strictObject({
      labels: z.array(z.string()).default([]),
      count: z.int().min(1).default(1),
    })
    .prefault({}),
  expect: z.array(expectationSchema).default([]),
});

export type ScenarioSpec = z.output<typeof scenarioSpecSchema>;
/** As an author writes it: everything with a default may be left out. */
export type ScenarioInput = z.input<typeof scenarioSpecSchema>;

/** @throws ConfigError `bad-scenario` naming the scenario and the key. */
export function parseScenario(title: string, input: unknown): ScenarioSpec {
  const checked = scenarioSpecSchema.safeParse(input);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  const reason =
    issue.code === 'unrecognized_keys'
      ? `unknown key "${issue.keys[0]}"${issue.path.length > 0 ? ` in ${issue.path.join('.')}` : ''}`
      : `${issue.path.join('.')}: ${issue.message}`;
  throw new ConfigError('bad-scenario', `scenario "${title}": ${reason}`, { title });
}
