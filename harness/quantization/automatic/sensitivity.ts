import { ConfigError } from '../../errors.js';
import { storedMatrices } from '../../model/card-config.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { packModel } from '../../model/pack-model.js';
import type { MatrixName, PackedModel } from '../../model/packed-model.js';
import type { WeightFormat } from '../../model/weight-format.js';
import { ScorePool } from '../../reference/fast/score-pool.js';
import { shareModel } from '../../reference/fast/share-model.js';
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
  const base = shareModel(checkpoint);
  const float32 = shareModel(packModel(checkpoint, { default: 'float32' }));
  const matrices = storedMatrices(checkpoint.config);
  const found: Sensitivity[] = [];
  for (const width of bits) {
    const input: RecipeInput = { method, bits: width };
    const rounded = quantizeCheckpoint(
      checkpoint,
      recipeSchema.parse(input),
      calibration === undefined ? {} : { calibration },
    ).packed!;
    for (const matrix of matrices) {
      signal?.throwIfAborted();
      const klDivergence = await divergence(base, oneRounded(float32, rounded, matrix), documents, {
        threads,
        signal,
      });
      found.push({ matrix, bits: width, format: rounded.tensors[matrix].format, klDivergence });
      onProgress?.(`${matrix} at ${width} bits`, found.length, matrices.length * bits.length);
    }
  }
  return found;
}

/** float32 but for one matrix; a tied head is rounded with its embedding. */
function oneRounded(float32: PackedModel, rounded: PackedModel, matrix: MatrixName): PackedModel {
  const tensor = rounded.tensors[matrix];
  const tied = matrix === 'embed_tokens' && float32.config.tiedHead;
  const tensors = { ...float32.tensors, [matrix]: tensor, ...(tied ? { lm_head: tensor } : {}) };
  return { ...float32, tensors, weightFormat: 'mixed' };
}

async function divergence(
  base: Checkpoint,
  build: PackedModel,
  documents: readonly (readonly number[])[],
  { threads, signal }: { readonly threads: number | undefined; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const contextLength = documents.reduce((most, ids) => Math.max(most, ids.length), 2);
  await using pool = ScorePool.open({ base, build, contextLength }, threads);
  const positions = await pool.compare(documents, signal === undefined ? {} : { signal });
  return mean(positions.map((one) => one.klDivergence)).value!;
}
