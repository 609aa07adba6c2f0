import type { PackedTensor } from '../../model/packed-model.js';
import { rowBytes, rowScaleBytes } from '../../model/weight-format.js';
import { multiplyExactly, roundInteger } from './exact-binary32.js';

/** For tests: a row of a packed tensor, read slowly, as the table of firmware/FORMATS.md "Weight formats" words it. */
export interface SlowRow {
  /** The integers in the table's parentheses; absent in the float formats. */
  readonly codes?: readonly bigint[];
  /** One for the row, or one a group; absent in the float formats. */
  readonly scales?: readonly number[];
  /** The weights as binary32: for integer formats code * scale, rounded once. */
  readonly values: readonly number[];
}

export function slowRow(tensor: PackedTensor, layer: number, index: number): SlowRow {
  const size = rowBytes(tensor.format, tensor.cols);
  const start = (layer * tensor.rows + index) * size;
  const row = tensor.bytes.slice(start, start + size);
  const floats = slowFloats(tensor, row);
  if (floats !== undefined) return { values: floats };
  const codes = slowCodes(tensor, row.subarray(rowScaleBytes(tensor.format, tensor.cols)));
  const scales = tensor.scales === undefined ? slowScales(tensor, row) : [Math.fround(tensor.scales[layer]!)];
  const perScale = isGrouped(tensor) ? 32 : codes.length;
  const values = codes.map((code, i) =>
    multiplyExactly(roundInteger(code), scales[Math.floor(i / perScale)]!),
  );
  return { codes, scales, values };
}

export function isGrouped({ format }: Pick<PackedTensor, 'format'>): boolean {
  return format === 'int4' || format === 'int2';
}

function slowFloats({ format, cols }: PackedTensor, row: Uint8Array): number[] | undefined {
  const view = new DataView(row.buffer);
  const indices = Array.from({ length: cols }, (_, i) => i);
  switch (format) {
    case 'float32':
      return indices.map((i) => view.getFloat32(4 * i, true));
    case 'bfloat16':
      return indices.map((i) => widenUpperHalf(view.getUint16(2 * i, true)));
    case 'float16':
      return indices.map((i) =>
        float16FromText(
          view
            .getUint16(2 * i, true)
            .toString(2)
            .padStart(16, '0'),
        ),
      );
    default:
      return undefined;
  }
}

/** From the 16 binary digits: sign, exponent, fraction. Finite. */
function float16FromText(digits: string): number {
  const sign = digits[0] === '1' ? -1 : 1;
  const exponent = Number.parseInt(digits.slice(1, 6), 2);
  const fraction = Number.parseInt(digits.slice(6), 2) / 1024;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

function widenUpperHalf(half: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, half);
  return view.getFloat32(0);
}

function slowScales(tensor: PackedTensor, row: Uint8Array): number[] {
  const view = new DataView(row.buffer);
  if (!isGrouped(tensor)) return [view.getFloat32(0, true)];
  const groups = Math.ceil(tensor.cols / 32);
  return Array.from({ length: groups }, (_, group) => widenUpperHalf(view.getUint16(2 * group, true)));
}

/** The code area as one long little-endian number, of which a weight is a run of bits, or a digit of a byte. */
function slowCodes({ format, cols }: PackedTensor, area: Uint8Array): bigint[] {
  const whole = BigInt(`0x${Buffer.from(area).reverse().toString('hex')}`);
  const field = (i: number, width: number): bigint =>
    (whole >> BigInt(i * width)) & ((1n << BigInt(width)) - 1n);
  const digit = (i: number): bigint =>
    BigInt(
      area[Math.floor(i / 5)]!.toString(3)
        .padStart(6, '0')
        .at(-1 - (i % 5))!,
    );
  const all = (code: (i: number) => bigint): bigint[] => Array.from({ length: cols }, (_, i) => code(i));
  switch (format) {
    case 'int8':
      return all((i) => BigInt.asIntN(8, field(i, 8)));
    case 'int8_row':
      return all((i) => field(i, 8) - 128n);
    case 'int4':
      return all((i) => field(i, 4) - 8n);
    case 'int2':
      return all((i) => 2n * field(i, 2) - 3n);
    case 'ternary':
      return all((i) => digit(i) - 1n);
    case 'ternary_2bit':
      return all((i) => field(i, 2) - 1n);
    case 'binary':
      return all((i) => 2n * field(i, 1) - 1n);
    default:
      throw new Error(`${format} has no codes`);
  }
}
