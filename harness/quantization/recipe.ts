import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BITS } from './quantized-tensor.js';
import { defaultGroup } from './quantizers/grid.js';

const DEFAULT_DAMPING = 0.01;
/** A minute of the fixture on a core (qat/QAT.md has what was tried). */
export const DEFAULT_STEPS = 1200;

const bits = z.literal([...BITS]);
const group = z.union([z.enum(['tensor', 'row']), z.int().min(2).max(65_536)]);

/** How one matrix is treated that a recipe treats apart. */
const exceptionSchema = z.union([
  z.enum(['float32', 'float16', 'bfloat16']),
  z.strictObject({ bits, group: group.optional(), zero_point: z.boolean().optional() }),
]);

/** How a model is quantized: everything that decides the result but the model and the calibration text. Part of `quantization_config.json`. */
export const recipeSchema = z.strictObject({
  /**
   * `naive`: largest magnitude over the largest code, the seeds' quantizer. `nearest`: the same at the group given. `clip`: of several scales, smaller
   * ones too, that with the least squared error. `awq`, `gptq`: with calibration. `qat`: trained with the quantizer in the loop.
   */
  method: z.enum(['naive', 'nearest', 'clip', 'awq', 'gptq', 'qat']),
  bits,
  /** Default: naive a tensor; otherwise 8 bits and 1.58 and 1 a row, 7 to 2 bits 32 weights. */
  group: group.optional(),
  /** Asymmetric: a zero point for each scale. No card format has one. */
  zero_point: z.boolean().default(false),
  /** 1.58 bits: weights below this share of the row's scale (mean magnitude) become 0; seed 004 says 0.5. Default: the threshold with the least squared error. */
  threshold: z.number().min(0).max(4).optional(),
  /** GPTQ: columns in falling order of the Hessian's diagonal. */
  act_order: z.boolean().default(false),
  /** GPTQ: share of the mean of the Hessian's diagonal that is added to it. */
  damping: z.number().gt(0).max(1).default(DEFAULT_DAMPING),
  /** QAT: steps of training. */
  steps: z.int().min(1).default(DEFAULT_STEPS),
  /**
   * Matrices that are treated otherwise, the first pattern that fits decides: names of FORMATS.md, `*` stands for anything
   * (`modules_to_not_convert` in other tools), such as `{ "lm_head": "float16", "*_proj": { "bits": 8 } }`.
   */
  exceptions: z.record(z.string(), exceptionSchema).default({}),
  /** How much text awq and gptq look at; absent: none. */
  calibration: z
    .strictObject({
      samples: z.int().min(1).default(512),
      /** Tokens of a sample, at most. */
      length: z.int().min(2).default(256),
      seed: z.int().min(0).default(1),
    })
    .optional(),
});
export type Recipe = z.output<typeof recipeSchema>;
/** As somebody writes it. */
export type RecipeInput = z.input<typeof recipeSchema>;

/**
 * Short name for tables and folders, such as `int4-gptq`, `ternary-qat`, `int8-naive`, `int4-g64-awq-zp`, `ternary-nearest-t0.5`, `int4-gptq-c2048`,
 * `ternary-qat-n3000`, `int4-awq-mixed-1a2b3c`: what is not the default, and decides something, is in it. Recipes that make different builds of a model have different names.
 */
export function recipeName(recipe: Recipe): string {
  const { method, bits: b, group: g, zero_point, act_order, threshold, damping, steps, exceptions } = recipe;
  const kind = b === 1.58 ? 'ternary' : b === 1 ? 'binary' : `int${b}`;
  const ownGroup = g !== undefined && g !== defaultGroup(b, method);
  const parts = [kind, ...(ownGroup ? [typeof g === 'number' ? `g${g}` : g] : []), method];
  if (zero_point) parts.push('zp');
  if (act_order) parts.push('order');
  if (threshold !== undefined) parts.push(`t${threshold}`);
  if (method === 'gptq' && damping !== DEFAULT_DAMPING) parts.push(`d${damping}`);
  if (method === 'qat' && steps !== DEFAULT_STEPS) parts.push(`n${steps}`);
  if (method === 'gptq' || method === 'awq') parts.push(...calibrationParts(recipe));
  if (Object.keys(exceptions).length > 0) parts.push('mixed', exceptionsHash(exceptions));
  return parts.join('-');
}

/** Of a build and of its folder. */
export function buildName(model: string, recipe: Recipe): string {
  return `${model}-${recipeName(recipe)}`;
}

/** QAT trains on another text, whose size is its own. */
function calibrationParts({ calibration }: Recipe): string[] {
  const plain = recipeSchema.shape.calibration.unwrap().parse({});
  const { samples, length, seed } = calibration ?? plain;
  return [
    ...(samples === plain.samples ? [] : [`c${samples}`]),
    ...(length === plain.length ? [] : [`l${length}`]),
    ...(seed === plain.seed ? [] : [`s${seed}`]),
  ];
}

/** In their order: the first pattern that fits decides. */
function exceptionsHash(exceptions: Recipe['exceptions']): string {
  const canonical = Object.entries(exceptions).map(([pattern, what]) =>
    typeof what === 'string' ? [pattern, what] : [pattern, what.bits, what.group, what.zero_point],
  );
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex').slice(0, 6);
}
