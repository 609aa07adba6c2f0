import { ConfigError } from '../errors.js';
import { type Checkpoint, type LlamaConfig, tensorShape } from './checkpoint.js';
import { requireFinite } from './finite-weights.js';
import { packTensor, type Shape } from './pack-tensor.js';
import {
  MATRIX_NAMES,
  type MatrixName,
  NORM_NAMES,
  type PackedModel,
  type PackedTensor,
} from './packed-model.js';
import type { WeightFormat } from './weight-format.js';

/** One format for all matrices, or a default and the matrices that differ from it. */
export type FormatChoice =
  | WeightFormat
  | {
      readonly default: WeightFormat;
      readonly tensors?: Partial<Readonly<Record<MatrixName, WeightFormat>>>;
    };

/**
 * Stores a model's matrices in the formats that were chosen; norms stay float32. float32 shares its memory with the checkpoint.
 * @param kept matrices as the model was stored: one that is in its format already is taken to the byte, scales included; any other
 * is packed from the checkpoint, which has the values that it has now, not those that it once was packed from
 * @throws ConfigError `weight-not-finite` or `weight-overflow`, which name the tensor; `tied-head-format` when a tied
 * head is to differ from the embedding that it is
 */
export function packModel(
  checkpoint: Checkpoint,
  formats: FormatChoice,
  kept: Partial<PackedModel['tensors']> = {},
): PackedModel {
  const { name, config, tensors, source } = checkpoint;
  for (const norm of NORM_NAMES) requireFinite(tensors[norm], norm, source.path);
  const { norm1, norm2, final_norm } = tensors;
  const chosen = chosenFormats(config, formats);
  const packed = {} as Record<MatrixName, PackedTensor>;
  for (const matrix of MATRIX_NAMES) {
    const tied = matrix === 'lm_head' && config.tiedHead;
    const own = kept[matrix];
    if (tied) packed[matrix] = packed.embed_tokens;
    else if (own?.format === chosen[matrix]) packed[matrix] = own;
    else packed[matrix] = packMatrix(checkpoint, matrix, chosen[matrix]);
  }
  const weightFormat = commonFormat(packed);
  return { name, config, tensors: packed, norms: { norm1, norm2, final_norm }, weightFormat, source };
}

/** Layers, rows and columns of a matrix of this shape of model. */
export function matrixShape(config: LlamaConfig, name: MatrixName): Shape {
  const [cols, rows, layers = 1] = [...tensorShape(config, name)].reverse();
  return { layers, rows: rows!, cols: cols! };
}

/** The format of all matrices, or `mixed`. */
export function commonFormat(tensors: PackedModel['tensors']): PackedModel['weightFormat'] {
  const formats = new Set(MATRIX_NAMES.map((name) => tensors[name].format));
  return formats.size === 1 ? tensors.embed_tokens.format : 'mixed';
}

function packMatrix(
  { config, tensors, source }: Checkpoint,
  name: MatrixName,
  format: WeightFormat,
): PackedTensor {
  requireFinite(tensors[name], name, source.path);
  return packTensor(tensors[name], format, matrixShape(config, name), name);
}

/** The format of every matrix; that of a tied head is the embedding's. */
export function chosenFormats(config: LlamaConfig, formats: FormatChoice): Record<MatrixName, WeightFormat> {
  const { default: standard, tensors = {} } = typeof formats === 'string' ? { default: formats } : formats;
  const chosen = {} as Record<MatrixName, WeightFormat>;
  for (const name of MATRIX_NAMES) chosen[name] = tensors[name] ?? standard;
  if (!config.tiedHead) return chosen;
  if (tensors.lm_head !== undefined && tensors.lm_head !== chosen.embed_tokens) {
    const message = `lm_head cannot be ${tensors.lm_head}: it is tied to embed_tokens, which is ${chosen.embed_tokens}`;
    throw new ConfigError('tied-head-format', message, { formats });
  }
  return { ...chosen, lm_head: chosen.embed_tokens };
}
