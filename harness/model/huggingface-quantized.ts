import { z } from 'zod';
import { ConfigError } from '../errors.js';
import type { LlamaConfig, TensorName } from './checkpoint.js';
import { type StoredTensor, storedTensors } from './huggingface-tensors.js';
import { checkJson } from './json-file.js';
import { MATRIX_NAMES } from './packed-model.js';

/** What `quant_method` says in a folder of ours. */
export const QUANT_METHOD = 'tokenrack';

const gridSchema = z
  .object({
    /** 1.58: ternary. */
    bits: z.literal([8, 7, 6, 5, 4, 3, 2, 1.58, 1]),
    group: z.union([z.enum(['tensor', 'row']), z.int().min(2)]),
    zero_point: z.boolean(),
  })
  .refine(({ bits, zero_point }) => bits >= 2 || !zero_point, 'so few bits have no zero point');
/** What values the weights of a matrix can take: `(code - zero point) * scale`. */
export type StoredGrid = z.output<typeof gridSchema>;
/** Of the matrices that lie in codes; others, and the norms, lie in floats. */
export type StoredGrids = Readonly<Partial<Record<TensorName, StoredGrid>>>;

/** The `quantization_config` of config.json (harness/quantization/QUANTIZATION.md, "Folders"). */
const ourConfigSchema = z.object({
  quant_method: z.literal(QUANT_METHOD),
  version: z.literal(1),
  matrices: z.partialRecord(z.enum(MATRIX_NAMES), gridSchema),
});
export type StoredQuantization = z.input<typeof ourConfigSchema>;

/**
 * @param quantization `quantization_config` of the config.json at `path`
 * @throws ConfigError `model-quantized` for another tool's, by its quant_method
 */
export function storedGrids(quantization: unknown, path: string): StoredGrids {
  if (quantization == null) return {};
  const method = (quantization as { readonly quant_method?: unknown }).quant_method;
  if (method === QUANT_METHOD)
    return checkJson({ quantization_config: quantization }, path, wholeSchema).quantization_config.matrices;
  const named = typeof method === 'string' ? `quant_method ${method}` : 'no quant_method';
  throw new ConfigError(
    'model-quantized',
    `${path}: the weights are quantized by another tool (${named}); only tokenrack's own quantized folders can be read: take the original model`,
    { path, ...(typeof method === 'string' ? { method } : {}) },
  );
}

const wholeSchema = z.object({ quantization_config: ourConfigSchema });

/** A tensor of the file: floats of any format, or a part of a matrix in codes, of exactly one. */
export interface StoredPart extends Omit<StoredTensor, 'ours'> {
  readonly ours: TensorName;
  readonly part: 'values' | 'codes' | 'scales' | 'zeros';
  readonly dtype: 'float' | 'I8' | 'U8' | 'F32';
}

/** All that a folder with these matrices in codes holds; `first` counts in the part's own stacked array. */
export function* storedParts(config: LlamaConfig, grids: StoredGrids): Generator<StoredPart> {
  for (const tensor of storedTensors(config)) {
    const grid = grids[tensor.ours];
    if (grid === undefined) yield { ...tensor, part: 'values', dtype: 'float' };
    else yield* codedParts(tensor, grid);
  }
}

function* codedParts(tensor: StoredTensor, grid: StoredGrid): Generator<StoredPart> {
  const [rows, cols] = tensor.shape as [number, number];
  const layer = tensor.first / tensor.elements;
  const elements = scalesOfLayer(grid, rows, cols);
  const shape = grid.group === 'tensor' ? [1] : [rows, elements / rows];
  const scales = { shape, ours: tensor.ours, first: layer * elements, elements };
  const { ours } = tensor;
  const codes = grid.zero_point ? 'U8' : 'I8';
  yield { ...tensor, ours, name: `${tensor.name}_codes`, part: 'codes', dtype: codes };
  yield { ...scales, name: `${tensor.name}_scale`, part: 'scales', dtype: 'F32' };
  if (grid.zero_point) yield { ...scales, name: `${tensor.name}_zero_point`, part: 'zeros', dtype: 'U8' };
}

/** Scales of one layer's matrix (rows, cols). */
export function scalesOfLayer({ group }: StoredGrid, rows: number, cols: number): number {
  if (group === 'tensor') return 1;
  return group === 'row' ? rows : rows * Math.ceil(cols / group);
}

/** A matrix in codes, layers stacked. */
export interface StoredCodes {
  readonly grid: StoredGrid;
  readonly layers: number;
  readonly rows: number;
  readonly cols: number;
  /** (layers, rows, cols) */
  readonly codes: Int8Array | Uint8Array;
  /** (layers, scales of a layer) */
  readonly scales: Float32Array;
  /** Of the scales' shape, when the grid has a zero point. */
  readonly zeros?: Uint8Array;
}

/** The weights, (layers, rows, cols): one binary32 rounding each. */
export function valuesOfCodes({ grid, layers, rows, cols, codes, scales, zeros }: StoredCodes): Float32Array {
  const values = new Float32Array(codes.length);
  const perRow = grid.group === 'tensor' ? 0 : scalesOfLayer(grid, 1, cols);
  const width = typeof grid.group === 'number' ? grid.group : cols;
  for (let row = 0; row < layers * rows; row++) {
    const first = perRow === 0 ? Math.floor(row / rows) : row * perRow;
    for (let col = 0; col < cols; col++) {
      const scale = first + Math.floor(col / width);
      values[row * cols + col] = (codes[row * cols + col]! - (zeros?.[scale] ?? 0)) * scales[scale]!;
    }
  }
  return values;
}
