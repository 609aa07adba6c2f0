import { z } from 'zod';
import { MATRIX_NAMES } from '../model/packed-model.js';
import { recipeSchema } from './recipe.js';

/** A number with its standard error, where it has one. */
const estimated = z.object({ value: z.number(), standardError: z.number().optional() });

/** The seeds' table (seed 000): the last position of a prompt, float32 against the build. */
const promptRowSchema = z.object({
  prompt: z.string(),
  topTokenEqual: z.boolean(),
  maxAbsDelta: z.number(),
  /** Nats. */
  klDivergence: z.number(),
});

/** Quality against float32 over held-out text: the definitions of MEASURING.md. */
const qualitySchema = z.object({
  text: z.object({ source: z.string(), documents: z.int(), positions: z.int() }),
  perplexity: z.object({ base: z.number(), build: z.number(), lnRatio: estimated }),
  klDivergence: estimated,
  topTokenAgreement: z.number(),
  deltaProbability: estimated,
  maxAbsDelta: z.number(),
  prompts: z.array(promptRowSchema),
  /** Share of a task's questions answered right, 0 .. 1 (harness/quantization/tasks); absent where no task was given. */
  task: z
    .object({
      source: z.string(),
      questions: z.int(),
      chance: z.number(),
      base: z.number(),
      build: z.number(),
    })
    .optional(),
});

/** How far a matrix's values are from those it was made of. */
const tensorErrorSchema = z.object({
  tensor: z.enum(MATRIX_NAMES),
  layer: z.int(),
  /** |w - w'| / |w|, Frobenius norms. */
  relativeError: z.number(),
  /** Bits a weight, scales included, as stored. */
  bitsPerWeight: z.number(),
  /** Entropy of its codes, bits a weight; absent for floats. */
  entropy: z.number().optional(),
});

const speedSchema = z.object({
  /** `modelled` on the virtual board, with its conditions; both models under the same. */
  clock: z.enum(['modelled', 'hardware']),
  board: z.string(),
  strategy: z.string(),
  cardMode: z.string(),
  base: z.object({
    tokensPerSecond: z.number(),
    firstTokenMs: z.number(),
    loadMs: z.number(),
    peakPsramBytes: z.number(),
    peakHeapBytes: z.number(),
  }),
  build: z.object({
    tokensPerSecond: z.number(),
    firstTokenMs: z.number(),
    loadMs: z.number(),
    peakPsramBytes: z.number(),
    peakHeapBytes: z.number(),
  }),
  ratio: z.number(),
});

/** One rule of acceptance (seed 003) and how it came out. */
const ruleSchema = z.object({
  rule: z.enum(['perplexity', 'speed', 'size', 'generation']),
  passed: z.boolean(),
  /** One line with the figure and the limit. */
  message: z.string(),
});

/** `validation_report.json` of a quantized model. Unmeasured is absent. */
export const validationReportSchema = z.object({
  report: z.literal(1),
  tokenrack: z.string(),
  model: z.object({ name: z.string(), hash: z.string(), parameters: z.int() }),
  build: z.object({ name: z.string(), recipe: recipeSchema.optional(), format: z.string().optional() }),
  quality: qualitySchema,
  sizes: z.object({
    /** Bytes of all weights in float32, in float16, and of the build as stored. */
    float32Bytes: z.number(),
    float16Bytes: z.number(),
    buildBytes: z.number(),
  }),
  tensors: z.array(tensorErrorSchema),
  generation: z.object({
    texts: z.array(
      z.object({ prompt: z.string(), base: z.string(), build: z.string(), faults: z.array(z.string()) }),
    ),
  }),
  /** Absent when no card format holds the build; `unsupported` then says why. */
  speed: speedSchema.optional(),
  unsupported: z.string().optional(),
  acceptance: z.object({ accepted: z.boolean(), rules: z.array(ruleSchema) }),
});
export type ValidationReport = z.output<typeof validationReportSchema>;
