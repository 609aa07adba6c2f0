import type { Activation } from './activation.js';
import { multiply } from './kernels.js';
import type { Matrix } from './matrix.js';

/** A matrix of binary32 weights, or of half floats that were widened to them. */
export class FloatMatrix implements Matrix {
  readonly #values: Float32Array;

  /** @param values (rows, cols), not copied */
  constructor(
    values: Float32Array,
    readonly rows: number,
    readonly cols: number,
  ) {
    this.#values = values;
  }

  multiply(out: Float32Array, x: Activation): void {
    multiply(out, this.#values, x.values);
  }

  row(index: number, out: Float32Array): void {
    out.set(this.#values.subarray(index * this.cols, (index + 1) * this.cols));
  }
}

/** IEEE binary16, little-endian, widened exactly. `bytes` starts at an even offset of its buffer. */
export function widenFloat16(bytes: Uint8Array): Float32Array {
  const halves = halvesOf(bytes);
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = float16Value(halves[i]!);
  return values;
}

/** The upper halves of binary32, little-endian, widened exactly. `bytes` starts at an even offset of its buffer. */
export function widenBfloat16(bytes: Uint8Array): Float32Array {
  const halves = halvesOf(bytes);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

function halvesOf(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

/** What a binary16's fraction counts, for every exponent but the largest: subnormals (exponent 0) count as exponent 1 does. */
const STEPS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

/** A sign, 5 bits of exponent, 10 of fraction with a leading 1 unless the exponent is 0. */
function float16Value(half: number): number {
  const sign = half < 0x8000 ? 1 : -1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction : 1024 + fraction) * STEPS[exponent]!;
}
