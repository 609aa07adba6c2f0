import type { FloatFormat } from './float-formats.js';
import { groupCount, rowScaleBytes, type WeightFormat } from './weight-format.js';

/** The formats that store integer codes. */
export type CodedFormat = Exclude<WeightFormat, FloatFormat>;

/** One row in integers: a weight is its code times its scale. */
export interface CodedRow {
  /** (cols); the integers in the parentheses of FORMATS.md's table: -127 .. 127, -7 .. 7, {-3, -1, 1, 3}, -1 .. 1, {-1, 1}. */
  readonly codes: Int8Array;
  /** One a row, one a group of 32 (bfloat16 values), or none for int8: its scale belongs to the tensor. */
  readonly scales: Float32Array;
}

/** How codes become digits of a byte: code = step * digit - offset, `perByte` digits to the base, the lowest first. */
interface Digits {
  readonly base: number;
  readonly perByte: number;
  readonly step: number;
  readonly offset: number;
}

const DIGITS: Readonly<Record<Exclude<CodedFormat, 'int8'>, Digits>> = {
  int8_row: { base: 256, perByte: 1, step: 1, offset: 128 },
  int4: { base: 16, perByte: 2, step: 1, offset: 8 },
  int2: { base: 4, perByte: 4, step: 2, offset: 3 },
  ternary: { base: 3, perByte: 5, step: 1, offset: 1 },
  ternary_2bit: { base: 4, perByte: 4, step: 1, offset: 1 },
  binary: { base: 2, perByte: 8, step: 2, offset: 1 },
};

/** Scales that a row of `cols` weights carries. */
export function scaleCount(format: CodedFormat, cols: number): number {
  if (format === 'int8') return 0;
  return format === 'int4' || format === 'int2' ? groupCount(cols) : 1;
}

export function emptyRow(format: CodedFormat, cols: number): CodedRow {
  return { codes: new Int8Array(cols), scales: new Float32Array(scaleCount(format, cols)) };
}

/** Writes a row as the card has it into `target`, which has the row's bytes and holds zeros. */
export function encodeRow(format: CodedFormat, { codes, scales }: CodedRow, target: Uint8Array): void {
  if (format === 'int8') {
    target.set(codes);
    return;
  }
  const bytes = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const grouped = format === 'int4' || format === 'int2';
  for (const [i, scale] of scales.entries()) {
    if (grouped) bytes.setUint16(2 * i, upperHalf(scale), true);
    else bytes.setFloat32(0, scale, true);
  }
  encodeCodes(DIGITS[format], codes, target.subarray(rowScaleBytes(format, codes.length)));
}

/** Reads a row back; every byte has a meaning, also those that `encodeRow` never writes. */
export function decodeRow(format: CodedFormat, source: Uint8Array, { codes, scales }: CodedRow): void {
  if (format === 'int8') {
    codes.set(source);
    return;
  }
  decodeScales(format, source, scales);
  decodeCodes(DIGITS[format], source.subarray(rowScaleBytes(format, codes.length)), codes);
}

/** Only the scales of a row. */
export function decodeScales(format: CodedFormat, source: Uint8Array, scales: Float32Array): void {
  const bytes = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const grouped = format === 'int4' || format === 'int2';
  const bits = new Uint32Array(scales.buffer, scales.byteOffset, scales.length);
  for (let i = 0; i < bits.length; i++) {
    bits[i] = grouped ? bytes.getUint16(2 * i, true) << 16 : bytes.getUint32(0, true);
  }
}

function encodeCodes({ base, perByte, step, offset }: Digits, codes: Int8Array, target: Uint8Array): void {
  for (let first = 0; first < codes.length; first += perByte) {
    let byte = 0;
    for (let i = Math.min(first + perByte, codes.length) - 1; i >= first; i--) {
      byte = byte * base + (codes[i]! + offset) / step;
    }
    target[first / perByte] = byte;
  }
}

function decodeCodes({ base, perByte, step, offset }: Digits, source: Uint8Array, codes: Int8Array): void {
  for (let first = 0; first < codes.length; first += perByte) {
    let byte = source[first / perByte]!;
    const end = Math.min(first + perByte, codes.length);
    for (let i = first; i < end; i++) {
      codes[i] = step * (byte % base) - offset;
      byte = Math.floor(byte / base);
    }
  }
}

function upperHalf(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  return bits[0]! >>> 16;
}
