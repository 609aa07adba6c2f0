import { ConfigError } from '../../errors.js';
import { storedMatrices } from '../../model/card-config.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { WeightFormat } from '../../model/weight-format.js';
import { PricePool } from '../../reference/fast/price-pool.js';
import { shareTensor } from '../../reference/fast/share-model.js';
import { mean } from '../../stats/mean.js';
import { quantizeCheckpoint } from '../quantize-checkpoint.js';
import type { Calibration } from '../quantized-model.js';
import type { Bits } from '../quantized-tensor.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';

/** What a model loses when only one matrix (of all its layers) is rounded. */
export interface Sensitivity {
  readonly matrix: MatrixName;
  readonly bits: Bits;
  readonly format: WeightFormat;
  /** Mean over the positions, nats. */
  readonly klDivergence: number;
}

export interface SensitivityOptions {
  readonly method: 'nearest' | 'clip' | 'gptq';
  readonly bits: readonly Bits[];
  /** Needed by gptq. */
  readonly calibration?: Calibration;
  readonly threads?: number;
  readonly onProgress?: (what: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The KL divergence from float32 over `documents` (ids) with one matrix at a time rounded, at each of some bits, in the board's own arithmetic.
 * @throws ConfigError `mixture-text` without a position to score, and those of quantizeCheckpoint
 */
export async function sensitivities(
  checkpoint: Checkpoint,
  documents: readonly (readonly number[])[],
  { method, bits, calibration, threads, onProgress, signal }: SensitivityOptions,
): Promise<Sensitivity[]> {
  if (!documents.some((ids) => ids.length > 1))
    throw new ConfigError('mixture-text', 'choosing a mixture needs text to score it on: there is none');
  const matrices = storedMatrices(checkpoint.config);
  await using pool = await PricePool.open(checkpoint, documents, {
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
  });
  const found: Sensitivity[] = [];
  let done = 0;
  for (const width of bits) {
    signal?.throwIfAborted();
    const input: RecipeInput = { method, bits: width };
    const rounded = quantizeCheckpoint(
      checkpoint,
      recipeSchema.parse(input),
      calibration === undefined ? {} : { calibration },
    ).packed!;
    const price = async (matrix: MatrixName): Promise<Sensitivity> => {
      const tensor = shareTensor(rounded.tensors[matrix]);
      const divergences = await pool.divergences({ matrix, tensor }, signal);
      onProgress?.(`${matrix} at ${width} bits`, ++done, matrices.length * bits.length);
      return { matrix, bits: width, format: tensor.format, klDivergence: mean(divergences).value! };
    };
    found.push(...(await Promise.all(matrices.map(price))));
  }
  return found;
}
