import { ConfigError } from '../errors.js';
import type { WeightFormat } from '../model/weight-format.js';
import { FloatMatrix, widenBfloat16, widenFloat16 } from './float-matrix.js';
import { GROUP, GroupedMatrix } from './grouped-matrix.js';
import type { Matrix } from './matrix.js';
import { RowScaledMatrix } from './row-scaled-matrix.js';
import { codeBytes, type PackedFormat, pad4, unpackCodes } from './unpack-codes.js';

/** One matrix as a card holds it: a whole tensor, or one layer of a stacked one. */
export interface PackedMatrix {
  /** For messages, such as `q_proj, layer 0`. */
  readonly name: string;
  readonly format: WeightFormat;
  readonly rows: number;
  readonly cols: number;
  /** The rows, one after the other, at an offset of their buffer that suits binary32 (binary16 for half floats). */
  readonly bytes: Uint8Array;
  /** Format int8 only. */
  readonly scale?: number | undefined;
}

/**
 * Reads a matrix by firmware/FORMATS.md "Weight formats". Float32 and int8 weights are not copied.
 * @throws ConfigError `bad-scale` for a scale that the page does not allow in arithmetic, naming the matrix
 * @throws RangeError when there are not as many bytes as the shape says
 */
export function readMatrix(packed: PackedMatrix): Matrix {
  const { format, bytes, rows, cols } = packed;
  switch (format) {
    case 'float32':
      requireSize(packed, 4 * cols);
      return new FloatMatrix(new Float32Array(bytes.buffer, bytes.byteOffset, rows * cols), rows, cols);
    case 'float16':
      requireSize(packed, 2 * cols);
      return new FloatMatrix(widenFloat16(bytes), rows, cols);
    case 'bfloat16':
      requireSize(packed, 2 * cols);
      return new FloatMatrix(widenBfloat16(bytes), rows, cols);
    case 'int8':
      return readInt8(packed);
    case 'int4':
    case 'int2':
      return readGrouped(packed, format);
    default:
      return readRowScaled(packed, format);
  }
}

/** Signed bytes; one scale for all of them, which the page wants to be normal. */
function readInt8(packed: PackedMatrix): Matrix {
  const { bytes, rows, cols, scale = Number.NaN } = packed;
  requireSize(packed, cols);
  const scales = new Float32Array(rows).fill(scale);
  if (!(scales[0]! >= 2 ** -126))
    throw badScale(packed, `its scale is ${scales[0]}, and no positive normal number`);
  requireFinite(scales, packed, 1);
  return new RowScaledMatrix(new Int8Array(bytes.buffer, bytes.byteOffset, rows * cols), scales, rows, cols);
}

/** In each row a binary32 scale, then the codes. */
function readRowScaled(packed: PackedMatrix, format: PackedFormat): Matrix {
  const { bytes, rows, cols } = packed;
  const rowBytes = 4 + codeBytes(format, cols);
  requireSize(packed, rowBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const scales = Float32Array.from({ length: rows }, (_, row) => view.getFloat32(row * rowBytes, true));
  requireFinite(scales, packed, 1);
  const codes = unpackCodes(format, bytes, { rows, cols, rowBytes, offset: 4 });
  return new RowScaledMatrix(codes, scales, rows, cols);
}

/** In each row a bfloat16 scale for every group, padded; then the codes. */
function readGrouped(packed: PackedMatrix, format: PackedFormat): Matrix {
  const { bytes, rows, cols } = packed;
  const groups = Math.ceil(cols / GROUP);
  const offset = pad4(2 * groups);
  const rowBytes = offset + codeBytes(format, cols);
  requireSize(packed, rowBytes);
  const scales = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++) {
    const start = row * rowBytes;
    scales.set(widenBfloat16(bytes.subarray(start, start + 2 * groups)), row * groups);
  }
  requireFinite(scales, packed, groups);
  const codes = unpackCodes(format, bytes, { rows, cols, rowBytes, offset });
  return new GroupedMatrix(codes, scales, rows, cols);
}

function requireSize({ name, format, rows, cols, bytes }: PackedMatrix, rowBytes: number): void {
  if (bytes.length === rows * rowBytes) return;
  const wanted = `${rows} rows of ${cols} weights in ${format} take ${rows * rowBytes}`;
  throw new RangeError(`${name} has ${bytes.length} bytes, but ${wanted}`);
}

function requireFinite(scales: Float32Array, packed: PackedMatrix, perRow: number): void {
  const index = scales.findIndex((scale) => !Number.isFinite(scale));
  if (index < 0) return;
  throw badScale(packed, `a scale of row ${Math.floor(index / perRow)} is ${scales[index]}`);
}

function badScale({ name, format }: PackedMatrix, fault: string): ConfigError {
  return new ConfigError('bad-scale', `${name} (${format}): ${fault}; export the model again`, {
    tensor: name,
    format,
  });
}
