import { type Checkpoint, tensorShape } from '../../model/checkpoint.js';
import { widenFloats } from '../../model/float-formats.js';
import type { MatrixName, PackedModel, PackedTensor } from '../../model/packed-model.js';
import { type CodedFormat, decodeRow, emptyRow } from '../../model/row-codec.js';
import { groupCount, rowBytes } from '../../model/weight-format.js';

/** Kinds of forward.c. */
const FLOATS = 0;
const ROW_SCALED = 1;
const GROUPED = 2;

/** One layer's matrix as forward.c wants it: (rows, stride), rows padded with zeros to a multiple of 8 weights. */
export interface LoadedMatrix {
  readonly kind: number;
  readonly rows: number;
  readonly stride: number;
  /** Scales a row; 0 for floats. */
  readonly groups: number;
  readonly values: Float32Array | Int16Array;
  /** (rows, groups) */
  readonly scales: Float32Array;
}

export function loadedMatrix(model: Checkpoint | PackedModel, name: MatrixName, layer: number): LoadedMatrix {
  if ('norms' in model) return unpackedMatrix(model.tensors[name], layer);
  const [rows, cols] = tensorShape(model.config, name).slice(-2) as [number, number];
  return padFloats(model.tensors[name].subarray(layer * rows * cols, (layer + 1) * rows * cols), rows, cols);
}

/** The same of a tensor by itself. */
export function unpackedMatrix(tensor: PackedTensor, layer: number): LoadedMatrix {
  const { format, rows, cols, bytes, layers } = tensor;
  const size = bytes.length / layers;
  const stored = bytes.subarray(layer * size, (layer + 1) * size);
  switch (format) {
    case 'float32':
    case 'float16':
    case 'bfloat16': {
      const values = new Float32Array(rows * cols);
      widenFloats(stored, format, values);
      return padFloats(values, rows, cols);
    }
    default:
      return unpackCodes(format, stored, rows, cols, tensor.scales?.[layer]);
  }
}

function padFloats(source: Float32Array, rows: number, cols: number): LoadedMatrix {
  const stride = padded(cols);
  const values = stride === cols ? source : new Float32Array(rows * stride);
  if (stride !== cols)
    for (let r = 0; r < rows; r++) values.set(source.subarray(r * cols, (r + 1) * cols), r * stride);
  return { kind: FLOATS, rows, stride, groups: 0, values, scales: new Float32Array(0) };
}

function unpackCodes(
  format: CodedFormat,
  bytes: Uint8Array,
  rows: number,
  cols: number,
  tensorScale: number | undefined,
): LoadedMatrix {
  const stride = padded(cols);
  const grouped = format === 'int4' || format === 'int2';
  const groups = grouped ? groupCount(cols) : 1;
  const size = rowBytes(format, cols);
  const values = new Int16Array(rows * stride);
  const scales = new Float32Array(rows * groups);
  const row = emptyRow(format, cols);
  for (let r = 0; r < rows; r++) {
    decodeRow(format, bytes.subarray(r * size, (r + 1) * size), row);
    values.set(row.codes, r * stride);
    if (tensorScale === undefined) scales.set(row.scales, r * groups);
    else scales[r] = tensorScale;
  }
  return { kind: grouped ? GROUPED : ROW_SCALED, rows, stride, groups, values, scales };
}

function padded(cols: number): number {
  return Math.ceil(cols / 8) * 8;
}
