import { z } from 'zod';
import { BITS } from './quantized-tensor.js';

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
  damping: z.number().gt(0).max(1).default(0.01),
  /**
   * Matrices that are treated otherwise, the first pattern that fits decides: names of FORMATS.md, `*` stands for anything
   * (`modules_to_not_convert` in other tools), such as `{ "lm_head": "float16", "*_proj": { "bits": 8 } }`.
   */
  exceptions: z.record(z.string(), exceptionSchema).default({}),
  /** How much text awq, gptq and qat look at; absent: none. */
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

/** Short name for tables and folders, such as `int4-gptq`, `ternary-qat`, `int8-naive`, `int4-g64-awq-zp`. */
export function recipeName({ method, bits: b, group: g, zero_point, act_order, exceptions }: Recipe): string {
  const kind = b === 1.58 ? 'ternary' : b === 1 ? 'binary' : `int${b}`;
  const parts = [kind, g === undefined || g === 32 ? '' : typeof g === 'number' ? `g${g}` : g, method];
  if (zero_point) parts.push('zp');
  if (act_order) parts.push('order');
  if (Object.keys(exceptions).length > 0) parts.push('mixed');
  return parts.filter((part) => part !== '').join('-');
}
