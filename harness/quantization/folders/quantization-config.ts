import { z } from 'zod';
import { tokenrackVersion } from '../../version.js';
import type { Calibration, QuantizedModel } from '../quantized-model.js';
import { recipeSchema } from '../recipe.js';

export const QUANTIZATION_CONFIG = 'quantization_config.json';

/** How much text a build looked at, and which: SHA-256 over the documents' ids. */
export type CalibrationFacts = Pick<Calibration, 'hash' | 'documents' | 'positions'>;

/** quantization_config.json: what made a quantized folder. */
export const quantizationConfigSchema = z.object({
  quantization: z.literal(1),
  tokenrack: z.string(),
  name: z.string().min(1),
  recipe: recipeSchema,
  calibration: z
    .object({ hash: z.string(), documents: z.int().nonnegative(), positions: z.int().nonnegative() })
    .optional(),
  /** The format of the card folder inside, or why there is none. */
  card: z.string().optional(),
  unsupported: z.string().optional(),
});
export type QuantizationConfig = z.output<typeof quantizationConfigSchema>;

export function quantizationConfig(
  { name, recipe, packed, unsupported }: QuantizedModel,
  calibration: CalibrationFacts | undefined,
): QuantizationConfig {
  const { hash, documents, positions } = calibration ?? {};
  const facts =
    hash === undefined ? {} : { calibration: { hash, documents: documents!, positions: positions! } };
  return {
    quantization: 1,
    tokenrack: tokenrackVersion,
    name,
    recipe,
    ...facts,
    ...(packed === undefined ? {} : { card: packed.weightFormat }),
    ...(unsupported === undefined ? {} : { unsupported }),
  };
}
