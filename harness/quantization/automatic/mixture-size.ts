import { elementCount, type LlamaConfig, tensorShape } from '../../model/checkpoint.js';
import { kvCacheBytes } from '../../model/model-info.js';
import { matrixShape } from '../../model/pack-model.js';
import { type MatrixName, NORM_NAMES } from '../../model/packed-model.js';
import { rowBytes, type WeightFormat } from '../../model/weight-format.js';

/** What a budget limits. */
export type BudgetKind = 'card' | 'psram';

/** Bytes of a matrix's file on a card. */
export function fileBytes(config: LlamaConfig, name: MatrixName, format: WeightFormat): number {
  const { layers, rows, cols } = matrixShape(config, name);
  return layers * rows * rowBytes(format, cols);
}

/**
 * What a matrix takes of a budget: on the card its file; in PSRAM the same, rounded up layer by layer, for a matrix that a token multiplies. The embedding is only
 * looked up, and costs no PSRAM unless it is the head too.
 */
export function budgetBytes(
  kind: BudgetKind,
  config: LlamaConfig,
  name: MatrixName,
  format: WeightFormat,
): number {
  if (kind === 'card') return fileBytes(config, name, format);
  if (name === 'embed_tokens' && !config.tiedHead) return 0;
  const { layers } = matrixShape(config, name);
  return layers * rounded(fileBytes(config, name, format) / layers);
}

/** What is there whatever the formats are: norms on the card; the KV cache and logits in PSRAM (firmware's plan of `fast`). */
export function fixedBytes(kind: BudgetKind, config: LlamaConfig, context?: number): number {
  if (kind === 'card')
    return NORM_NAMES.reduce((sum, name) => sum + 4 * elementCount(tensorShape(config, name)), 0);
  const positions = context ?? Math.min(512, config.contextLength);
  return 2 * rounded(kvCacheBytes(config, positions) / 2) + rounded(4 * config.vocabSize);
}

/** Pieces of PSRAM begin at multiples of 16. */
function rounded(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
