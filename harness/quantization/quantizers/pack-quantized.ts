import { narrowFloats } from '../../model/float-formats.js';
import type { StoredGrid } from '../../model/huggingface-quantized.js';
import { cardFormatOf as formatOfStored, packCodes } from '../../model/pack-codes.js';
import type { PackedTensor } from '../../model/packed-model.js';
import type { FloatTensor, Grid, QuantizedTensor } from '../quantized-tensor.js';

/** The card format that holds a grid, or the reason why none does (QUANTIZATION.md has the table). */
export function cardFormatOf(grid: Grid): ReturnType<typeof formatOfStored> {
  return formatOfStored(storedGrid(grid));
}

/** The tensor as a card holds it; undefined when no format does. */
export function packQuantized(tensor: QuantizedTensor): PackedTensor | undefined {
  return packCodes({ ...tensor, grid: storedGrid(tensor.grid) });
}

export function packFloats({ format, layers, rows, cols, values }: FloatTensor, what: string): PackedTensor {
  return { format, layers, rows, cols, bytes: narrowFloats(values, format, what) };
}

/** A grid as config.json of a quantized folder has it. */
export function storedGrid({ bits, group, zeroPoint }: Grid): StoredGrid {
  return { bits, group, zero_point: zeroPoint };
}
