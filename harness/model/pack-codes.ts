import { nearestBfloat16 } from './float-formats.js';
import { type StoredCodes, type StoredGrid, scalesOfLayer } from './huggingface-quantized.js';
import type { PackedTensor } from './packed-model.js';
import { type CodedFormat, emptyRow, encodeRow } from './row-codec.js';
import { GROUP_SIZE, rowBytes, type WeightFormat } from './weight-format.js';

/** The format of a card that holds it, or the reason why none does. */
export type CardFit = { readonly format: WeightFormat } | { readonly why: string };

/** The card format that holds a grid, or the reason why none does (harness/quantization/QUANTIZATION.md has the table). */
export function cardFormatOf({ bits, group, zero_point }: StoredGrid): CardFit {
  if (zero_point) return { why: 'no card format has a zero point' };
  const rowScaled = group === 'row' || group === 'tensor';
  if (bits >= 5) {
    if (bits === 8 && group === 'tensor') return { format: 'int8' };
    if (rowScaled) return { format: 'int8_row' };
    return { why: `no card format has groups of ${group} at ${bits} bits` };
  }
  if (bits === 1.58 || bits === 1) {
    if (rowScaled) return { format: bits === 1 ? 'binary' : 'ternary' };
    return { why: `no card format has groups of ${group} at ${bits} bits` };
  }
  if (!rowScaled && group % GROUP_SIZE !== 0)
    return {
      why: `card formats of ${bits} bits have groups of ${GROUP_SIZE}, of which ${group} is no multiple`,
    };
  return { format: bits === 2 ? 'int2' : 'int4' };
}

/** The matrix as a card holds it, code by code; undefined when no format does, or not these scales. */
export function packCodes(tensor: StoredCodes): PackedTensor | undefined {
  const card = cardFormatOf(tensor.grid);
  if (!('format' in card)) return undefined;
  const { layers, rows, cols } = tensor;
  if (card.format === 'int8') {
    const bytes = new Uint8Array(tensor.codes.slice().buffer);
    return { format: 'int8', layers, rows, cols, bytes, scales: [...tensor.scales].map(normalScale) };
  }
  const grouped = card.format === 'int4' || card.format === 'int2';
  if (grouped && tensor.scales.some((scale) => nearestBfloat16(scale) !== scale)) return undefined;
  return packRows(tensor, card.format as Exclude<CodedFormat, 'int8'>);
}

/** int8's scale is a normal number on the card; that of zeros may be any. */
function normalScale(scale: number): number {
  return Math.max(scale, 2 ** -126);
}

function packRows(tensor: StoredCodes, format: Exclude<CodedFormat, 'int8'>): PackedTensor {
  const { layers, rows, cols, codes } = tensor;
  const size = rowBytes(format, cols);
  const bytes = new Uint8Array(layers * rows * size);
  const row = emptyRow(format, cols);
  for (let r = 0; r < layers * rows; r++) {
    row.codes.set(codes.subarray(r * cols, (r + 1) * cols));
    for (let s = 0; s < row.scales.length; s++) row.scales[s] = scaleOf(tensor, r, s * GROUP_SIZE);
    encodeRow(format, row, bytes.subarray(r * size, (r + 1) * size));
  }
  return { format, layers, rows, cols, bytes };
}

/** The scale of a weight in one of all layers' rows. */
function scaleOf({ grid, rows, cols, scales }: StoredCodes, stackedRow: number, col: number): number {
  if (grid.group === 'tensor') return scales[Math.floor(stackedRow / rows)]!;
  const width = grid.group === 'row' ? cols : grid.group;
  return scales[stackedRow * scalesOfLayer(grid, 1, cols) + Math.floor(col / width)]!;
}
