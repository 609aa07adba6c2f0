import { narrowFloats } from './float-formats.js';
import type { PackedTensor } from './packed-model.js';
import { quantizeBinary } from './quantizers/binary.js';
import { quantizeInt2 } from './quantizers/int2.js';
import { quantizeInt4 } from './quantizers/int4.js';
import { int8Codes, int8Scale } from './quantizers/int8.js';
import { quantizeInt8Row } from './quantizers/int8-row.js';
import { quantizeTernary } from './quantizers/ternary.js';
import { type CodedFormat, type CodedRow, emptyRow, encodeRow } from './row-codec.js';
import { rowBytes, type WeightFormat } from './weight-format.js';

/** A matrix of `layers` layers, each (rows, cols). */
export type Shape = Pick<PackedTensor, 'layers' | 'rows' | 'cols'>;

/** Fills `row` with the codes and scales of finite weights (cols). */
type RowQuantizer = (weights: Float32Array, row: CodedRow) => void;

const ROW_QUANTIZERS: Readonly<Record<Exclude<CodedFormat, 'int8'>, RowQuantizer>> = {
  int8_row: quantizeInt8Row,
  int4: quantizeInt4,
  int2: quantizeInt2,
  ternary: quantizeTernary,
  ternary_2bit: quantizeTernary,
  binary: quantizeBinary,
};

/**
 * Stores finite weights (layers, rows, cols) in a format, each rounded to its nearest value there. Scales round up, too: a weight
 * within half a percent of the largest float32 can come back infinite.
 * @param what the tensor's name, for the message
 * @throws ConfigError `weight-overflow` when a weight would be infinite in float16 or bfloat16
 */
export function packTensor(
  values: Float32Array,
  format: WeightFormat,
  shape: Shape,
  what: string,
): PackedTensor {
  switch (format) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return { format, ...shape, bytes: narrowFloats(values, format, what) };
    case 'int8':
      return packInt8(values, shape);
    default:
      return packRows(values, format, shape);
  }
}

function packInt8(values: Float32Array, shape: Shape): PackedTensor {
  const codes = new Int8Array(values.length);
  const layerSize = shape.rows * shape.cols;
  const scales: number[] = [];
  for (let first = 0; first < values.length; first += layerSize) {
    const layer = values.subarray(first, first + layerSize);
    const scale = int8Scale(layer);
    int8Codes(layer, scale, codes.subarray(first, first + layerSize));
    scales.push(scale);
  }
  return { format: 'int8', ...shape, bytes: new Uint8Array(codes.buffer), scales };
}

function packRows(
  values: Float32Array,
  format: Exclude<CodedFormat, 'int8'>,
  { layers, rows, cols }: Shape,
): PackedTensor {
  const quantize = ROW_QUANTIZERS[format];
  const size = rowBytes(format, cols);
  const bytes = new Uint8Array(layers * rows * size);
  const row = emptyRow(format, cols);
  for (let r = 0; r < layers * rows; r++) {
    quantize(values.subarray(r * cols, (r + 1) * cols), row);
    encodeRow(format, row, bytes.subarray(r * size, (r + 1) * size));
  }
  return { format, layers, rows, cols, bytes };
}
