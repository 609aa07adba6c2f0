import type { LlamaConfig } from '../../../model/checkpoint.js';
import { type RecipeInput, recipeName, recipeSchema } from '../../recipe.js';
import { type ValidationReport, validationReportSchema } from '../../validation-report.js';

/** What an invented report shall say; all else is the same in each. */
export interface ExampleReport {
  readonly model?: string;
  readonly recipe?: RecipeInput;
  /** Instead of a recipe. */
  readonly format?: string;
  readonly kl?: number;
  readonly lnRatio?: number;
  readonly bytes?: number;
  readonly tokensPerSecond?: number;
  readonly error?: number;
  readonly entropy?: number;
  readonly accepted?: boolean;
  readonly topTokens?: readonly boolean[];
  readonly unsupported?: string;
}

/** Tiny-LLM's shape. */
export const TINY_LLM: LlamaConfig = {
  hiddenSize: 192,
  ffnSize: 1024,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 96,
  vocabSize: 32_000,
  contextLength: 1024,
  rmsNormEps: 1e-6,
  ropeTheta: 10_000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};

export const SEED_PROMPTS = [
  'Hello, how are you?',
  'The quick brown fox',
  'In a hole in the ground',
  'Once upon a time',
  'The future of AI is',
];

const SIDE = { firstTokenMs: 100, loadMs: 1000, peakPsramBytes: 2_000_000, peakHeapBytes: 100_000 };

/** A report that nobody measured, for tests of what reads reports. */
export function exampleReport(wanted: ExampleReport = {}): ValidationReport {
  const { kl = 0.001, lnRatio = 0.01, bytes = 13_000_000, tokensPerSecond = 4, accepted = true } = wanted;
  const recipe = wanted.format === undefined ? recipeSchema.parse(wanted.recipe ?? INT8) : undefined;
  const model = wanted.model ?? 'example';
  const base = { ...SIDE, tokensPerSecond: 2 };
  return validationReportSchema.parse({
    report: 1,
    tokenrack: '0.1.0',
    model: { name: model, hash: 'ab'.repeat(32), parameters: 12_988_992 },
    build: {
      name: recipe === undefined ? `${model}-${wanted.format}` : `${model}-${recipeName(recipe)}`,
      ...(recipe === undefined ? { format: wanted.format } : { recipe }),
    },
    quality: {
      text: { source: 'heldout.txt', documents: 4, positions: 1000 },
      perplexity: {
        base: 4,
        build: 4 * Math.exp(lnRatio),
        lnRatio: { value: lnRatio, standardError: 0.001 },
      },
      klDivergence: { value: kl, standardError: kl / 10 },
      topTokenAgreement: 0.98,
      deltaProbability: { value: -0.001 },
      maxAbsDelta: 0.4,
      prompts: SEED_PROMPTS.map((prompt, index) => ({
        prompt,
        topTokenEqual: wanted.topTokens?.[index] ?? true,
        maxAbsDelta: 0.2,
        klDivergence: kl,
      })),
    },
    sizes: { float32Bytes: 51_955_968, float16Bytes: 25_980_288, buildBytes: bytes },
    tensors: tensorsOf(wanted),
    generation: {
      texts: [
        { prompt: SEED_PROMPTS[3], base: 'Tom had a <red> ball.', build: 'Tom had a ball.', faults: [] },
      ],
    },
    ...(wanted.unsupported === undefined
      ? {
          speed: {
            clock: 'modelled',
            board: 'virtual',
            strategy: 'fast',
            cardMode: '1-bit',
            base,
            build: { ...SIDE, tokensPerSecond },
            ratio: tokensPerSecond / base.tokensPerSecond,
          },
        }
      : { unsupported: wanted.unsupported }),
    acceptance: {
      accepted,
      rules: [{ rule: 'perplexity', passed: accepted, message: 'perplexity up by 1%, less than 2%' }],
    },
  });
}

const INT8: RecipeInput = { method: 'nearest', bits: 8 };

const NAMES = [
  'embed_tokens',
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
  'lm_head',
] as const;

function tensorsOf({ error = 0.01, entropy = 6.5, format }: ExampleReport): ValidationReport['tensors'] {
  return NAMES.map((tensor, index) => ({
    tensor,
    layer: 0,
    relativeError: error * (1 + index / 10),
    bitsPerWeight: 8.1,
    ...(format === undefined ? { entropy } : {}),
  }));
}
