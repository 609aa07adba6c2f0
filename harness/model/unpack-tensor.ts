import { widenFloats } from './float-formats.js';
import type { PackedTensor } from './packed-model.js';
import { type CodedFormat, type CodedRow, decodeRow, emptyRow } from './row-codec.js';
import { GROUP_SIZE, rowBytes } from './weight-format.js';

/**
 * Every weight's value (layers, rows, cols): of a float format exactly, of any other code * scale rounded to float32 once,
 * as a row of the embedding is read (firmware/FORMATS.md).
 */
export function unpackTensor(tensor: PackedTensor): Float32Array {
  const { format, layers, rows, cols, bytes } = tensor;
  const values = new Float32Array(layers * rows * cols);
  switch (format) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
      widenFloats(bytes, format, values);
      return values;
    default:
      unpackRows(tensor, format, values);
      return values;
  }
}

function unpackRows(tensor: PackedTensor, format: CodedFormat, values: Float32Array): void {
  const { layers, rows, cols, bytes, scales } = tensor;
  const size = rowBytes(format, cols);
  const row = emptyRow(format, cols);
  for (let r = 0; r < layers * rows; r++) {
    decodeRow(format, bytes.subarray(r * size, (r + 1) * size), row);
    const target = values.subarray(r * cols, (r + 1) * cols);
    if (format === 'int8') multiply(row.codes, scales![Math.floor(r / rows)]!, target);
    else if (row.scales.length === 1) multiply(row.codes, row.scales[0]!, target);
    else multiplyGroups(row, target);
  }
}

function multiply(codes: Int8Array, scale: number, target: Float32Array): void {
  for (let i = 0; i < codes.length; i++) target[i] = codes[i]! * scale;
}

function multiplyGroups({ codes, scales }: CodedRow, target: Float32Array): void {
  for (let i = 0; i < codes.length; i++) target[i] = codes[i]! * scales[Math.floor(i / GROUP_SIZE)]!;
}
